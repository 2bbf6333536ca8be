// `textarea[data-mention="/address/"]`: after "@" colleagues are suggested; arrows, Enter or a press choose one.
import { $$ } from './page.js';

let box, area, asked = 0;

function close() { box?.remove(); box = null; }

async function suggest(target) {
  const before = target.value.slice(0, target.selectionStart);
  const found = before.match(/[@＠]([\p{L}\p{N}_.]{0,12})$/u);
  if (!found) { close(); return; }
  const turn = asked += 1;
  const answer = await fetch(`${target.dataset.mention}?q=${encodeURIComponent(found[1])}`, { credentials: 'same-origin' });
  if (turn !== asked || !answer.ok) return;
  const { items } = await answer.json();
  close();
  if (!items.length) return;
  area = target;
  box = document.createElement('ul');
  box.className = 'mentions';
  box.setAttribute('role', 'listbox');
  items.forEach(({ title, note }, n) => {
    const line = document.createElement('li');
    line.setAttribute('role', 'option');
    line.setAttribute('aria-selected', n === 0);
    line.dataset.name = title;
    line.textContent = `${title} ${note}`;
    box.append(line);
  });
  target.insertAdjacentElement('afterend', box);
}

function choose(line) {
  const at = area.selectionStart;
  const start = Math.max(area.value.lastIndexOf('@', at - 1), area.value.lastIndexOf('＠', at - 1));
  area.setRangeText(`@${line.dataset.name} `, start, at, 'end');
  close();
  area.focus();
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

document.addEventListener('input', (event) => {
  if (event.target.matches?.('textarea[data-mention]') && !event.isComposing) suggest(event.target);
});
document.addEventListener('keydown', (event) => {
  if (!box) return;
  const lines = $$('li', box);
  const now = lines.findIndex((l) => l.getAttribute('aria-selected') === 'true');
  if (event.key === 'Escape') { event.preventDefault(); event.stopPropagation(); close(); }
  if (event.key === 'Enter' || event.key === 'Tab') { event.preventDefault(); event.stopPropagation(); choose(lines[now]); }
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    const next = (now + (event.key === 'ArrowDown' ? 1 : lines.length - 1)) % lines.length;
    lines.forEach((l, n) => l.setAttribute('aria-selected', n === next));
  }
}, true);
document.addEventListener('pointerdown', (event) => {
  const line = event.target.closest?.('.mentions li');
  if (line) { event.preventDefault(); choose(line); } else if (box && !box.contains(event.target)) close();
});
