// The keyboard. `data-key="n"` or "g c" on a link, button or control presses it; `?` lists what the page at hand offers.
// Lists: j and k move over `[data-rows]` (a tbody or ul), Enter opens, x selects. Ctrl-Enter sends the form one is in.
import { $, $$, typing } from './page.js';
import { open } from './dialogs.js';

let lead = '';

const seen = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;
const keyed = () => $$('[data-key]').filter((e) => seen(e) || e.closest('.nav, .pop'));
const name = (element) => (element.getAttribute('aria-label') || element.title || element.textContent).trim().replace(/\s+/g, ' ');

function press(keys) {
  const found = keyed().find((e) => e.dataset.key === keys);
  if (!found) return false;
  if (found.matches('input, select, textarea')) { found.focus(); found.select?.(); }
  else if (found.matches('summary')) { found.click(); $('.pop :is(a, button)', found.parentNode)?.focus(); }
  else found.click();
  return true;
}

function help() {
  const dialog = $('#keys-help');
  const here = $('[data-here]', dialog);
  here.replaceChildren();
  for (const element of keyed()) {
    const dt = document.createElement('dt');
    const dd = document.createElement('dd');
    for (const key of element.dataset.key.split(' ')) {
      const kbd = document.createElement('kbd');
      kbd.textContent = key.toUpperCase();
      dt.append(kbd, ' ');
    }
    dd.textContent = name(element);
    here.append(dt, dd);
  }
  open(dialog);
}

function row(step) {
  const rows = $$('[data-rows] > :is(tr, li)').filter(seen);
  if (!rows.length) return;
  const at = rows.findIndex((r) => r.contains(document.activeElement) || r.classList.contains('at'));
  const to = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  rows.forEach((r) => r.classList.toggle('at', r === to));
  ($('a.nm, a[href]', to) || to).focus();
  to.scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.('form');
    if (form) { event.preventDefault(); form.requestSubmit(); }
    return;
  }
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || $('dialog:modal')) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const keys = lead ? `${lead} ${key}` : key;
  if (lead) { lead = ''; if (press(keys)) event.preventDefault(); return; }
  if (key === '?') { event.preventDefault(); help(); return; }
  if (key === 'j' || key === 'k') { if (!press(key)) row(key === 'j' ? 1 : -1); return; }
  if (key === 'x') { $('[data-rows] > .at .chk input, [data-rows] > :focus-within .chk input')?.click(); return; }
  if (press(keys)) { event.preventDefault(); return; }
  if (keyed().some((e) => e.dataset.key.startsWith(`${key} `))) {
    lead = key;
    setTimeout(() => { lead = ''; }, 1200);
  }
});
document.addEventListener('click', ({ target }) => { if (target.closest?.('[data-help]')) help(); });
