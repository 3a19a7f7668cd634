// The instrument's page without a network. What comes from the network is always preferred, so that nothing is ever out
// of date; where there is none, what nsynthlib/web/instrument/offline.mjs has kept is given. It lies at the site's root
// because a worker serves only what lies below it, and the page and the engine lie in two folders.
const KEPT = "instrument";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  const kept = async () => (await caches.open(KEPT)).match(request, { ignoreVary: true });
  event.respondWith(fetch(request).catch(async () => (await kept()) ?? Response.error()));
});
