// `form[data-outbox]`: what cannot be sent because the connection is gone is kept in this browser with its files and
// sent when it is back, once: the form's `key` tells the server what it has already. `[data-waiting]` counts what waits.
import { $, $$, own, send, word } from './page.js';
import { sent } from './forms.js';
import { relay, toast } from './toasts.js';

const STORE = 'waiting';
// What no further try would change: it stays until somebody presses for it and lets it go.
const HOPELESS = [400, 403, 404, 413, 422];
let sending = false;
let count = 0;

function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open('zk-outbox', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: 'id' });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
}

async function store(mode, work) {
  const base = await open();
  return new Promise((done, failed) => {
    const change = base.transaction(STORE, mode);
    const asked = work(change.objectStore(STORE));
    change.oncomplete = () => { base.close(); done(asked?.result); };
    change.onerror = () => { base.close(); failed(change.error); };
  });
}

const mine = async () => (await store('readonly', (s) => s.getAll())).filter((entry) => entry.person === own(''));

async function show() {
  count = (await mine()).length;
  $$('[data-waiting]').forEach((place) => {
    place.hidden = !count;
    $('[data-count]', place).textContent = count;
  });
}

async function keep(form) {
  const fields = [...new FormData(form)].filter(([name]) => name !== 'csrfmiddlewaretoken');
  const url = form.getAttribute('hx-post') || form.action;
  await store('readwrite', (s) => s.put({ id: form.elements.key.value, person: own(''), url, fields, at: Date.now() }));
  form.reset();
  form.elements.key.value = crypto.randomUUID();
  sent(form);
  document.dispatchEvent(new Event('zk:close'));
  toast(word('waits'));
  show();
}

/** Send what waits, one after the other; what the server refuses stays and is said, and may be let go when `pressed`. */
export async function sendAll(pressed = false) {
  if (sending || !navigator.onLine) return;
  sending = true;
  try {
    for (const entry of await mine()) {
      const body = new FormData();
      entry.fields.forEach(([name, value]) => body.append(name, value));
      const answer = await send(entry.url, { method: 'POST', body, headers: { 'HX-Request': 'true' } });
      if (answer.headers.has('HX-Redirect')) break;  // signed out meanwhile: sent after signing in again
      if (answer.status === 409) { relay(answer); break; }  // somebody else is signed in now: it waits for its author
      if (answer.ok) {
        await store('readwrite', (s) => s.delete(entry.id));
        toast(word('late'));
      } else if (HOPELESS.includes(answer.status)) {
        await refused(entry, pressed);
      }
    }
  } catch { /* still no connection */ } finally {
    sending = false;
    show();
  }
}

async function refused(entry, pressed) {
  const said = `${word('refused')} ${entry.fields.find(([name]) => name === 'summary')?.[1]?.slice(0, 40) ?? ''}`;
  if (!pressed) toast(said, { tone: 'bad' });
  else if (confirm(`${said}\n${word('discard')}`)) await store('readwrite', (s) => s.delete(entry.id));
}

document.addEventListener('htmx:sendError', ({ detail: { elt } }) => {
  const form = elt.closest?.('form[data-outbox]');
  if (form) keep(form);
});
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('form[data-outbox]') || navigator.onLine) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.reportValidity()) keep(form);
}, true);
document.addEventListener('click', ({ target }) => { if (target.closest?.('[data-waiting]')) sendAll(true); });
document.addEventListener('submit', (event) => {  // before signing out takes away what was not sent
  if (!event.target.matches('[data-sign-out]') || !count || confirm(word('unsent'))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener('submit', ({ target }) => {  // signing out takes what is personal out of this browser
  if (target.matches('[data-sign-out]')) mine().then((all) => all.forEach((e) => store('readwrite', (s) => s.delete(e.id))));
});
addEventListener('online', () => sendAll());
show().then(() => sendAll()).catch(() => { /* a browser without a store: nothing waits */ });
