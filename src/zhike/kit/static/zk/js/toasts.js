// Toasts: done ones go after four seconds, those with Undo after ten, errors stay until closed.
// From the server: HX-Trigger {"zk:toast": {text, tone, undo_url, link}}, or messages in the page. `link` opens beside.
import { $, $$, icon, send, word } from './page.js';

export function toast(text, { tone = 'ok', undo = null, link = null } = {}) {
  const place = $('#toasts');
  if (!place || !text) return;
  $$('.toast.bad', place).filter((box) => $('span', box).textContent === text).forEach((box) => box.remove());
  const box = document.createElement('div');
  const words = document.createElement('span');
  const button = document.createElement('button');
  box.className = tone === 'bad' ? 'toast bad' : 'toast';
  words.textContent = text;
  button.type = 'button';
  button.textContent = word(undo ? 'undo' : 'close');
  button.addEventListener('click', () => { box.remove(); undo?.(); });
  box.append(icon(tone === 'bad' ? 'alert-circle' : 'circle-check'), words, button);
  if (link) button.before(beside(link));
  place.append(box);
  raise(place);
  if (tone !== 'bad') setTimeout(() => box.remove(), undo ? 10000 : 4000);
}

function beside({ label, url }) {
  const a = document.createElement('a');
  Object.assign(a, { href: url, target: '_blank', textContent: label });
  return a;
}

// What is outside a modal dialog takes no clicks: there a link stands at the head of the dialog.
function sayInside(body, text, link) {
  const note = document.createElement('div');
  const words = document.createElement('span');
  $$('[data-said]', body).forEach((old) => old.remove());
  note.className = 'note t-bad';
  note.dataset.said = '';
  note.setAttribute('role', 'alert');
  words.textContent = text;
  note.append(icon('alert-circle'), words, beside(link));
  body.prepend(note);
}

// Over an open dialog: whatever was shown last lies on top.
function raise(place) {
  if (!place.showPopover) return;
  place.setAttribute('popover', 'manual');
  if (place.matches(':popover-open')) place.hidePopover();
  place.showPopover();
}

function undoBy(url) {
  return async () => {
    const answer = await send(url, { method: 'POST' }).catch(() => null);
    if (!answer?.ok) return toast(word('failed'), { tone: 'bad' });
    toast(word('undone'));
    document.dispatchEvent(new CustomEvent('zk:undone', { detail: { url } }));
    if (!$('[hx-trigger*="zk:"]')) location.reload();
  };
}

document.addEventListener('zk:toast', ({ detail }) => {
  const { text, tone, undo_url: undo, link } = detail;
  const body = link && $('dialog:modal .body');
  if (body) sayInside(body, text, link);
  else toast(text, { tone, link, undo: undo ? undoBy(undo) : null });
});
/** Says what an answer got by script has to say. */
export function relay(answer) {
  const { 'zk:toast': detail } = JSON.parse(answer.headers.get('HX-Trigger') || '{}');
  if (detail) document.dispatchEvent(new CustomEvent('zk:toast', { detail }));
}
document.addEventListener('htmx:sendError', () => toast(word('offline'), { tone: 'bad' }));
document.addEventListener('htmx:responseError', ({ detail }) => {
  if (!(detail.xhr.getResponseHeader('HX-Trigger') || '').includes('zk:toast')) toast(word('failed'), { tone: 'bad' });
});

// A thin line at the top while HTMX waits.
let waiting = 0;
const count = (by) => document.body.classList.toggle('is-waiting', (waiting = Math.max(0, waiting + by)) > 0);
document.addEventListener('htmx:beforeRequest', () => count(1));
document.addEventListener('htmx:afterRequest', () => count(-1));

function messages() {
  for (const p of $$('#toasts > [data-toast]')) { const { toast: tone } = p.dataset; p.remove(); toast(p.textContent, { tone }); }
}
document.addEventListener('htmx:load', messages);
messages();
