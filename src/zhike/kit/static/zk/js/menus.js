// Menus are <details class="menu">: one open at a time, closed by Esc or a click elsewhere, arrows move inside.
// Segments and chips with aria-pressed are chosen on click where no link or request does it.
import { $, $$ } from './page.js';

const items = (menu) => $$('.pop :is(a[href], button, summary, input, select):not([disabled])', menu);

function shut(menu, focus = false) {
  menu.open = false;
  if (focus) $('summary', menu)?.focus();
}

document.addEventListener('click', ({ target }) => {
  for (const menu of $$('details.menu[open]')) {
    if (!menu.contains(target)) shut(menu);
    else if (target.closest('.pop :is(a[href], [data-shut], [role^=menuitem])')) shut(menu, true);
  }
  const choice = target.closest?.('.seg[data-choose] > [aria-pressed], .chips[data-choose] > [aria-pressed]');
  if (choice) $$('[aria-pressed]', choice.parentNode).forEach((b) => b.setAttribute('aria-pressed', b === choice));
});

document.addEventListener('keydown', (event) => {
  const menu = event.target.closest?.('details.menu');
  if (event.key === 'Escape') {
    const opened = $('details.menu[open]');
    if (opened) { shut(opened, true); event.preventDefault(); event.stopImmediatePropagation(); }
    return;
  }
  if (!menu || !['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key) || event.target.matches('input, select')) return;
  event.preventDefault();
  menu.open = true;
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[event.key];
  all.at(to % all.length)?.focus();
}, true);

// A row of tabs, and the list of settings, scroll so that the open one is in sight.
const SCROLLED = ':is([data-tabs], .set > nav) > [aria-current]';
const show = (from) => $$(SCROLLED, from).forEach((open) => {
  const row = open.parentNode;
  const [at, all] = [open.getBoundingClientRect(), row.getBoundingClientRect()];
  row.scrollLeft += at.left - all.left - (row.clientWidth - at.width) / 2;
  row.scrollTop += at.top - all.top - (row.clientHeight - at.height) / 2;
});
document.addEventListener('htmx:load', ({ detail: { elt } }) => show(elt));
show(document);
