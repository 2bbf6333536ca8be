// `<iframe data-frame>`: as high as the letter in it. The frame runs no scripts; its size is read from outside.
import { whenever } from './page.js';

const HIGHEST = 4000;

function fit(frame) {
  const page = frame.contentDocument?.documentElement;
  if (page) frame.style.height = `${Math.min(page.scrollHeight + 4, HIGHEST)}px`;
}

whenever('iframe[data-frame]', (frame) => {
  frame.addEventListener('load', () => fit(frame));
  frame.closest('details')?.addEventListener('toggle', () => fit(frame));
  fit(frame);
});
