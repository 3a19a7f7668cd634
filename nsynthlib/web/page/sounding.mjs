/** Players whose sound changes while they play. */

/** Gives a player another sound; who was listening hears it from the same moment. */
export function changeSound(audio, address) {
  const listening = !audio.paused && !audio.ended;
  const moment = audio.currentTime;
  audio.src = address;
  if (!listening) return;
  audio.currentTime = moment;
  audio.play().catch(() => {}); // the browser may want another click first
}
