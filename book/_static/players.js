// A player asks for its sound, and so knows how long it is, when a reader comes near; not all of them as the page opens.
document.addEventListener("DOMContentLoaded", () => {
  const near = (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) target.preload = "metadata";
  };
  const observer = new IntersectionObserver(near, { rootMargin: "50% 0px" });
  for (const player of document.querySelectorAll("audio[preload='none']")) observer.observe(player);
});
