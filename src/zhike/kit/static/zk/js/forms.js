// `<form data-form>`: warns before unsaved changes are left, shows that it is being sent, brings the focus to its errors.
// `data-draft="key"` on a textarea keeps what is typed in this browser until the form was sent. `data-autosubmit` sends a
// form when a control changes. `data-shows="#id"` on a checkbox shows and hides a part.
import { $, $$, kept, own, token, whenever, word } from './page.js';
import { toast } from './toasts.js';

const before = new WeakMap();

const state = (form) => JSON.stringify([...new FormData(form)].map(([k, v]) => [k, v.name ?? v]));

export const isDirty = (form) => before.has(form) && !form.dataset.sent && before.get(form) !== state(form);

whenever('form[data-form]', (form) => {
  // After errors came back, what is shown is not saved either.
  before.set(form, $('[data-errors]', form) ? '' : state(form));
});
whenever('[data-errors]', (box) => requestAnimationFrame(() => box.focus()));
whenever('textarea[data-draft]', (area) => {
  const draft = kept(own(`draft-${area.dataset.draft}`));
  if (draft && !area.value) { area.value = draft; if (area.checkVisibility?.() ?? true) toast(word('draft')); }
});
whenever('input[data-shows]', (box) => shows(box));

function shows(box) {
  $$(box.dataset.shows).forEach((e) => { e.hidden = !box.checked; });
}

/** What is in this form went where it should: no warning, no draft. */
export function sent(form) {
  form.dataset.sent = '1';
  $$('textarea[data-draft]', form).forEach((a) => kept(own(`draft-${a.dataset.draft}`), ''));
}

function busy(form, on) {
  form.toggleAttribute('data-busy', on);
  $$('button[type=submit], button:not([type])', form).forEach((b) => { b.classList.toggle('busy', on); b.setAttribute('aria-busy', on); });
}

// What is on its way is not sent twice, by a second click or Enter.
document.addEventListener('submit', (event) => {
  if (event.target.matches('[data-form][data-busy]')) { event.preventDefault(); event.stopImmediatePropagation(); }
}, true);
// `data-confirm="text"` on a form or its button: asked before anything is sent.
document.addEventListener('submit', (event) => {
  const text = event.submitter?.dataset.confirm || event.target.dataset.confirm;
  if (text && !confirm(text)) { event.preventDefault(); event.stopImmediatePropagation(); }
}, true);

document.addEventListener('submit', ({ target: form }) => {
  // HTMX answers clear it again; a plain form leaves the page, or takes a file and stays.
  if (form.matches('[data-form]')) busy(form, true);
  if (form.matches('[hx-post], [hx-get]')) return;
  sent(form);
  setTimeout(() => busy(form, false), 15000);
});
addEventListener('pageshow', () => $$('form[data-form]').forEach((f) => { busy(f, false); delete f.dataset.sent; }));
document.addEventListener('htmx:configRequest', ({ detail: { headers, parameters } }) => {
  const inForce = token();
  if (!inForce) return;
  if ('X-CSRFToken' in headers) headers['X-CSRFToken'] = inForce;
  if (parameters.csrfmiddlewaretoken) parameters.csrfmiddlewaretoken = inForce;
});
document.addEventListener('htmx:afterRequest', ({ detail: { elt, xhr } }) => {
  // Not what a part of it asks for while one types: the form is still to be sent, or on its way.
  if (!elt.matches?.('form, form :is(button, input)[type=submit], form button:not([type])')) return;
  const form = elt.closest('form');
  busy(form, false);
  // Not `successful`, which an answer that only sends us elsewhere (HX-Location) leaves unset.
  if (xhr.status >= 200 && xhr.status < 300) sent(form);
});
document.addEventListener('input', ({ target }) => {
  if (target.matches?.('textarea[data-draft]')) kept(own(`draft-${target.dataset.draft}`), target.value);
});
document.addEventListener('change', ({ target }) => {
  if (target.matches?.('input[data-shows]')) shows(target);
  if (target.closest?.('[data-autosubmit]') && target.form) target.form.requestSubmit();
});
addEventListener('beforeunload', (event) => {
  if ($$('form[data-form]').some(isDirty)) event.preventDefault();
});
// A page that HTMX puts in place of this one.
document.addEventListener('htmx:beforeSwap', (event) => {
  if (event.detail.target !== document.body) return;
  if ($$('form[data-form]').some(isDirty) && !confirm(word('leave'))) event.detail.shouldSwap = false;
});
document.addEventListener('htmx:afterSettle', ({ detail: { target } }) => {
  if (target === document.body) { $('#main')?.focus({ preventScroll: true }); scrollTo(0, 0); }
});
// Signing out takes what is personal out of this browser.
document.addEventListener('submit', ({ target }) => {
  if (!target.matches('[data-sign-out]')) return;
  try {
    Object.keys(localStorage).filter((k) => k.startsWith(`zk-${own('')}`)).forEach((k) => localStorage.removeItem(k));
  } catch { /* no storage */ }
});
