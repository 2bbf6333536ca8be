// `<time data-timer="seconds">` counts up, with `data-down` down, once a second.
import { $$ } from './page.js';

const two = (n) => String(n).padStart(2, '0');

function shown(seconds) {
  const all = Math.abs(seconds);
  const [hours, minutes] = [Math.floor(all / 3600), Math.floor(all / 60) % 60];
  return `${seconds < 0 ? '-' : ''}${hours ? `${hours}:${two(minutes)}` : minutes}:${two(all % 60)}`;
}

setInterval(() => $$('[data-timer]').forEach((time) => {
  time.dataset.timer = Number(time.dataset.timer) + ('down' in time.dataset ? -1 : 1);
  time.textContent = shown(Number(time.dataset.timer));
}), 1000);
