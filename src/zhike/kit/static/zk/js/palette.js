// Ctrl/⌘-K: jump to a page, start something new, find records as one types (the address in `data-palette-url?q=` answers
// options as HTML). The focus stays in the box; options are marked by aria-activedescendant.
import { $, $$, kept, own, word } from './page.js';

const dialog = () => $('#palette');
const box = () => $('input', dialog());
const options = () => $$('[role=option]', dialog());
let at = -1;
let wait = 0;
let asked = null;

function mark(to) {
  const all = options();
  at = all.length ? (to + all.length) % all.length : -1;
  all.forEach((o, i) => o.setAttribute('aria-selected', i === at));
  if (at < 0) return box().removeAttribute('aria-activedescendant');
  all[at].scrollIntoView({ block: 'nearest' });
  return box().setAttribute('aria-activedescendant', all[at].id);
}

function group(label, links) {
  if (!links.length) return null;
  const part = document.createElement('div');
  const title = document.createElement('h3');
  part.className = 'g';
  part.setAttribute('role', 'group');
  part.setAttribute('aria-label', label);
  title.setAttribute('aria-hidden', 'true');
  title.textContent = label;
  part.append(title, ...links);
  return part;
}

function option(id, href, sign, text, keys = '') {
  const link = document.createElement('a');
  const name = document.createElement('span');
  Object.assign(link, { id, href });
  link.setAttribute('role', 'option');
  name.className = 't';
  name.textContent = text;
  link.append(...(sign ? [sign] : []), name);
  for (const key of keys.split(' ').filter(Boolean)) {
    const kbd = document.createElement('kbd');
    kbd.textContent = key.toUpperCase();
    link.append(kbd);
  }
  return link;
}

// Pages and new things, as the sidebar offers them.
function commands(query) {
  return $$('.side [data-command]').filter((a) => `${a.textContent} ${a.title} ${a.dataset.words ?? ''}`.toLowerCase().includes(query))
    .map((a, i) => option(`command-${i}`, a.href, $('svg', a)?.cloneNode(true), a.textContent.trim(), a.dataset.key));
}

function recent() {
  try {
    return JSON.parse(kept(own('recent')) || '[]').map(([href, text], i) => option(`recent-${i}`, href, null, text));
  } catch { return []; }
}

async function find() {
  const query = box().value.trim();
  const local = $('[data-local]', dialog());
  const parts = [query ? null : group(word('recent'), recent()), group(word('commands'), commands(query.toLowerCase()))];
  local.replaceChildren(...parts.filter(Boolean));
  mark(0);
  asked?.abort();
  const found = $('[data-found]', dialog());
  const url = dialog().dataset.paletteUrl;
  if (!query || !url) { found.replaceChildren(); return; }
  asked = new AbortController();
  try {
    const answer = await fetch(`${url}?q=${encodeURIComponent(query)}`, { signal: asked.signal, headers: { 'HX-Request': 'true' } });
    if (!answer.ok) return;
    found.innerHTML = await answer.text();
    if (!options().length) local.textContent = word('nothing');
    mark(0);
  } catch (error) { if (error.name !== 'AbortError') throw error; }
}

function show() {
  if (!dialog() || dialog().open) return;
  dialog().showModal();
  box().value = '';
  find();
}

function remember(link) {
  const rest = JSON.parse(kept(own('recent')) || '[]').filter(([href]) => href !== link.pathname);
  kept(own('recent'), JSON.stringify([[link.pathname, $('.t', link).textContent], ...rest].slice(0, 6)));
}

function go(link, event) {
  if (link.closest('[data-found]')) remember(link);
  if (event.ctrlKey || event.metaKey) window.open(link.href, '_blank', 'noopener');
  else { dialog().close(); location.assign(link.href); }
}

document.addEventListener('input', ({ target, isComposing }) => {
  if (!target.closest?.('#palette') || isComposing) return;
  clearTimeout(wait);
  wait = setTimeout(find, 120);
});
document.addEventListener('compositionend', ({ target }) => { if (target.closest?.('#palette')) find(); });
document.addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') { event.preventDefault(); show(); return; }
  if (!event.target.closest?.('#palette') || event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) { event.preventDefault(); mark(at + step); }
  if (event.key === 'Enter') { event.preventDefault(); const link = options()[at]; if (link) go(link, event); }
});
document.addEventListener('click', (event) => {
  if (event.target.closest?.('[data-palette]')) show();
  if (event.target === dialog()) dialog().close();
  const link = event.target.closest?.('#palette [role=option]');
  if (link?.closest('[data-found]')) remember(link);
});
