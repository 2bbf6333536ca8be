// Where the focus was in what HTMX replaces, it is again in what comes: on the control of the same name, the same link.
// htmx itself sees to what has an id. What is gone from a dialog leaves the focus at its beginning.
import { $ } from './page.js';
import { first } from './dialogs.js';

const TELLING = ['name', 'value', 'href'];
let mark = '';
let dialog = null;

function markOf(element) {
  const told = TELLING.filter((name) => element.hasAttribute(name));
  return told.length ? element.localName + told.map((n) => `[${n}="${CSS.escape(element.getAttribute(n))}"]`).join('') : '';
}

document.addEventListener('htmx:beforeSwap', ({ detail: { target } }) => {
  mark = target.contains(document.activeElement) ? markOf(document.activeElement) : '';
  dialog = target.closest('dialog[open]');
});
document.addEventListener('htmx:afterSettle', () => {
  if (document.activeElement && document.activeElement !== document.body) return;
  const back = (mark && $(mark, dialog ?? document)) || (dialog?.open && first(dialog));
  back?.focus?.();
});
