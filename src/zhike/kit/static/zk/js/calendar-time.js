// Beside the calendar: a time offered by `[data-when]` goes into its form, and the line of the present goes on.
import { $ } from './page.js';

document.addEventListener('click', ({ target: button }) => {
  const offer = button.closest?.('[data-when]');
  const form = offer?.closest('form');
  if (!form) return;
  form.elements.due_at.value = offer.dataset.when;
  form.elements.ends_at.value = offer.dataset.until;
  form.elements.ends_at.dispatchEvent(new Event('change', { bubbles: true }));
});

// The line of the present goes on.
const opened = Date.now();
setInterval(() => {
  const line = $('[data-now]');
  const grid = line?.closest('[data-hours]');
  if (!grid) return;
  const minute = Number(line.dataset.now) + (Date.now() - opened) / 60000 - grid.dataset.first * 60;
  line.style.top = `${(minute / (grid.dataset.hours * 60)) * 100}%`;
}, 30000);
