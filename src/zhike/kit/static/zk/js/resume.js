// What was typed into a plain `form[data-form]` is not lost when its answer never comes, because the session or the
// connection had ended. This tab keeps it as the form is sent; its page shows it again after signing in, or on the way back.
import { $$, own, word } from './page.js';
import { toast } from './toasts.js';

const NAME = 'zk-sent';
const SENT = 'form[data-form][method=post]:not([hx-post])';
const UNKEPT = 'button, fieldset, output, [type=password], [type=file], [type=submit], [name=csrfmiddlewaretoken]';

const here = () => location.pathname + location.search;
const controls = (form) => [...form.elements].filter((e) => !e.matches(UNKEPT));

function storage(work) {
  try { return work(sessionStorage); } catch { return null; /* no storage, or full */ }
}

function valueOf(control) {
  if (control.matches('[type=checkbox], [type=radio]')) return control.checked;
  return control.multiple ? [...control.selectedOptions].map((o) => o.value) : control.value;
}

function put(control, value) {
  if (typeof value === 'boolean') control.checked = value;
  else if (Array.isArray(value)) [...control.options].forEach((o) => { o.selected = value.includes(o.value); });
  else control.value = value;
}

function keep(form) {
  const values = controls(form).map((e) => [e.name, valueOf(e)]);
  const left = { page: here(), person: own(''), place: $$(SENT).indexOf(form), values };
  storage((s) => s.setItem(NAME, JSON.stringify(left)));
}

function resume() {
  const left = storage((s) => JSON.parse(s.getItem(NAME)));
  if (!left) return;
  if (!document.body.dataset.person) {  // signing in
    storage((s) => s.setItem(NAME, JSON.stringify({ ...left, signedOut: true })));
    return;
  }
  storage((s) => s.removeItem(NAME));
  const unanswered = left.signedOut || performance.getEntriesByType('navigation')[0]?.type === 'back_forward';
  const form = $$(SENT)[left.place];
  if (!form || !unanswered || left.page !== here() || left.person !== own('')) return;
  controls(form).forEach((control, n) => {
    const [name, value] = left.values[n] ?? [];
    if (name === control.name) put(control, value);
  });
  toast(word('draft'));
}

document.addEventListener('submit', (event) => {
  if (!event.defaultPrevented && event.target.matches(SENT)) keep(event.target);
});
resume();
