// Editing a value where it stands: `<button class="cell-edit" data-edit-url="…">value</button>`. The address answers a
// small form that takes the button's place; a POST answers the new value (200), the form with its error (422), or both
// versions (409). Esc and a click elsewhere put the old value back.
import { $ } from './page.js';

let edited = null;

function stop(focus = false) {
  if (!edited) return;
  const { place, old } = edited;
  edited = null;
  if (!place.isConnected) return;
  place.replaceWith(old);
  window.htmx.process(old);
  if (focus) $('[data-edit-url]', old)?.focus();
}

function start(button) {
  stop();
  const place = button.closest('[data-editable]') || button.parentNode;
  edited = { place, old: place.cloneNode(true) };
  window.htmx.ajax('GET', button.dataset.editUrl, { source: place, target: place, swap: 'innerHTML' });
}

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-edit-url]');
  if (button) { event.preventDefault(); start(button); return; }
  if (edited && !edited.place.contains(event.target)) stop();
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && edited?.place.contains(event.target)) { event.preventDefault(); stop(true); }
}, true);
document.addEventListener('change', ({ target }) => {
  // Choosing from a list is the whole answer.
  if (edited?.place.contains(target) && target.matches('select:not([multiple])')) target.form?.requestSubmit();
});
document.addEventListener('htmx:afterSwap', ({ detail: { target } }) => {
  if (edited?.place !== target) return;
  const control = $('select, textarea, input:not([type=hidden])', target);
  if (!control) { edited = null; return; }
  control.focus();
  if (control.matches('input, textarea')) control.select();
});
