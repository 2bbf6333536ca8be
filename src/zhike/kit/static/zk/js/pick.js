// A text box that suggests records: `<input data-pick-url="…">` beside a hidden input. The address answers `?q=` with
// {"items": [{"id", "title", "note"}]}; what is chosen goes into the hidden input, typing on empties it.
import { $, $$ } from './page.js';

let wait = 0;
let number = 0;

const wrap = (box) => box.closest('.pick') || box.parentNode;
const hidden = (box) => $('input[type=hidden]', wrap(box));
const list = (box) => $('[role=listbox]', wrap(box));

function make(box) {
  const made = document.createElement('div');
  made.id = `pick-${(number += 1)}`;
  made.className = 'pop suggest';
  made.setAttribute('role', 'listbox');
  made.hidden = true;
  wrap(box).append(made);
  Object.entries({ role: 'combobox', 'aria-controls': made.id, 'aria-autocomplete': 'list', 'aria-expanded': 'false' })
    .forEach(([name, value]) => box.setAttribute(name, value));
  return made;
}

function shut(box) {
  const shown = list(box);
  if (shown) shown.hidden = true;
  box.setAttribute('aria-expanded', 'false');
  box.removeAttribute('aria-activedescendant');
}

function mark(box, to) {
  const all = $$('[role=option]', list(box));
  if (!all.length) return;
  const at = (to + all.length) % all.length;
  all.forEach((o, i) => o.setAttribute('aria-selected', i === at));
  box.setAttribute('aria-activedescendant', all[at].id);
  all[at].scrollIntoView({ block: 'nearest' });
}

function choose(box, option) {
  hidden(box).value = option.dataset.id;
  box.value = option.dataset.title;
  shut(box);
  hidden(box).dispatchEvent(new Event('change', { bubbles: true }));
}

async function ask(box) {
  const shown = list(box) || make(box);
  const url = new URL(box.dataset.pickUrl, location.href);
  url.searchParams.set('q', box.value.trim());
  const answer = await fetch(url, { headers: { 'HX-Request': 'true' } }).catch(() => null);
  if (!answer?.ok || document.activeElement !== box) return;
  const { items } = await answer.json();
  shown.replaceChildren(...items.map((item, i) => {
    const option = document.createElement('button');
    Object.assign(option, { type: 'button', id: `${shown.id}-${i}`, tabIndex: -1 });
    Object.assign(option.dataset, { id: item.id, title: item.title });
    option.setAttribute('role', 'option');
    option.append(item.title);
    if (item.note) { const note = document.createElement('small'); note.textContent = item.note; option.append(note); }
    return option;
  }));
  shown.hidden = !items.length;
  box.setAttribute('aria-expanded', String(items.length > 0));
  mark(box, 0);
}

const box = (event) => event.target.closest?.('input[data-pick-url]');

document.addEventListener('input', (event) => {
  const typed = box(event);
  if (!typed || event.isComposing) return;
  hidden(typed).value = '';
  clearTimeout(wait);
  wait = setTimeout(() => ask(typed), 150);
});
document.addEventListener('focusin', (event) => { const at = box(event); if (at && !hidden(at).value) ask(at); });
document.addEventListener('compositionend', (event) => { const at = box(event); if (at) ask(at); });
document.addEventListener('focusout', (event) => { const left = box(event); if (left) setTimeout(() => shut(left), 150); });
document.addEventListener('mousedown', (event) => {
  const option = event.target.closest?.('.suggest [role=option]');
  if (!option) return;
  event.preventDefault();
  choose($('input[data-pick-url]', option.closest('.suggest').parentNode), option);
});
document.addEventListener('keydown', (event) => {
  const at = box(event);
  const shown = at && list(at);
  if (!shown || shown.hidden || event.isComposing) return;
  const all = $$('[role=option]', shown);
  const now = all.findIndex((o) => o.getAttribute('aria-selected') === 'true');
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) { event.preventDefault(); mark(at, now + step); }
  if (event.key === 'Enter' && !event.ctrlKey && all[now]) { event.preventDefault(); choose(at, all[now]); }
  if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); shut(at); }
}, true);
