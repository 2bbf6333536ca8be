// Dialogs and drawers. `data-open="#id"` opens one of the page. `hx-target="#dialog"` or "#drawer" fills the common ones,
// which then open by themselves. `data-close`, Esc, a click outside or the event `zk:close` shut them; focus returns.
import { $, $$, word } from './page.js';
import { isDirty } from './forms.js';

const cameFrom = new WeakMap();

export function open(dialog) {
  if (dialog.open) return;
  cameFrom.set(dialog, document.activeElement);
  if (dialog.classList.contains('drawer')) dialog.show();
  else dialog.showModal();
  const title = $('h2', dialog);
  if (title && !dialog.hasAttribute('aria-label')) dialog.setAttribute('aria-label', title.textContent.trim());
  first(dialog)?.focus();
}

/** What has the focus at the beginning of a dialog. */
export function first(dialog) {
  return $('[autofocus]', dialog) || $('.body :is(input, select, textarea):not([type=hidden]):not([disabled])', dialog)
    || $('.body :is(a[href], button)', dialog) || $('footer .btn:not([data-close])', dialog) || $('button', dialog);
}

export function close(dialog, { ask = true } = {}) {
  if (!dialog?.open) return;
  if (ask && $$('form[data-form]', dialog).some(isDirty) && !confirm(word('leave'))) return;
  dialog.close();
  if (['dialog', 'drawer'].includes(dialog.id)) { dialog.replaceChildren(); dialog.removeAttribute('aria-label'); }
  const back = cameFrom.get(dialog);
  if (back?.isConnected) back.focus();
}

document.addEventListener('click', (event) => {
  const { target } = event;
  const opener = target.closest?.('[data-open]');
  if (opener) { const dialog = $(opener.dataset.open); if (dialog) open(dialog); }
  const closer = target.closest?.('[data-close]');
  if (closer?.closest('dialog')) close(closer.closest('dialog'));
  else if (closer && history.length > 1) history.back();
  if (target.matches?.('dialog.dlg[open]') && outside(target, event)) close(target);
  const link = target.closest?.('dialog .tiles a, dialog .list-links a');
  if (link) link.closest('dialog').close();
});

function outside(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
}

// Esc on a modal dialog, and on a drawer, which the browser does not close itself.
document.addEventListener('cancel', (event) => {
  if (event.target.matches?.('dialog.dlg')) { event.preventDefault(); close(event.target); }
}, true);
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.defaultPrevented && !$('dialog:modal')) close($('dialog.drawer[open]'));
});

// They are filled, never replaced, however the place of the link swaps otherwise (htmx hands `hx-swap` down).
document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  if (detail.target.matches?.('#dialog, #drawer')) detail.swapOverride = 'innerHTML';
});
document.addEventListener('htmx:afterSwap', ({ detail: { target } }) => {
  if (target.matches?.('#dialog, #drawer')) open(target);
});
// After the other events of the same answer have been fired on what is taken away here.
document.addEventListener('zk:close', () => queueMicrotask(() => {
  $$('#dialog[open], #drawer[open]').forEach((d) => close(d, { ask: false }));
}));
