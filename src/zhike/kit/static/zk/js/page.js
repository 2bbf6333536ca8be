// What the modules share: finding elements, those that HTMX brings later too, remembered values, words, icons.
export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

const watched = [];
let coming = 0;

/** Call `work(element)` once for each element that matches, now and whenever HTMX brings more.
    While a module it loads is on its way, the page says so: `<html data-coming>`. */
export function whenever(selector, work) {
  watched.push([selector, work, new WeakSet()]);
  scan(document);
}

function scan(from) {
  for (const [selector, work, seen] of watched) {
    const found = from.matches?.(selector) ? [from, ...$$(selector, from)] : $$(selector, from);
    for (const element of found) {
      if (!seen.has(element)) { seen.add(element); loading(work(element)); }
    }
  }
}

async function loading(module) {
  if (!(module instanceof Promise)) return;
  const count = (by) => { coming += by; document.documentElement.toggleAttribute('data-coming', coming > 0); };
  count(1);
  try { await module; } finally { count(-1); }
}
document.addEventListener('htmx:load', (event) => scan(event.detail.elt));

/** A value of this browser; private windows forget it, and that is all right. What is personal is under `own`. */
export function kept(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`zk-${name}`);
    localStorage.setItem(`zk-${name}`, value);
  } catch { /* no storage */ }
  return value ?? null;
}

/** The name of a value that belongs to the signed-in person: another one at this browser does not see it. */
export const own = (name) => `${document.body.dataset.person ?? ''}-${name}`;

/** A word of the interface language, from <template id="words">. */
export const word = (name) => $('#words')?.dataset[name] ?? '';

/** An icon of the sprite. */
export function icon(name, more = '') {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', `i ${more}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `${word('sprite')}#${name}`);
  svg.append(use);
  return svg;
}

/** Whether keys typed now go into a text. */
export const typing = (event) => event.isComposing
  || Boolean(event.target.closest?.('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]'));

/** The CSRF token in force: that of a page is not any more after signing in again in another tab. */
export const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? '';

/** A request of ours by script: the CSRF token goes with it, and whose page this is. */
export function send(url, options = {}) {
  const ours = JSON.parse(document.body.getAttribute('hx-headers') || '{}');
  if (token()) ours['X-CSRFToken'] = token();
  return fetch(url, { credentials: 'same-origin', ...options, headers: { ...ours, ...options.headers } });
}
