// Putting things in order: items `[data-sort-id]` inside `[data-sort="/where/to/post/"]`, dragged, or moved by
// Alt-arrow up and down. The ids in their new order are posted as `order=3,1,2`; refused, the old order comes back.
import { $$, send, word } from './page.js';
import { toast } from './toasts.js';

let held = null;
let before = null;

const items = (list) => $$(':scope > [data-sort-id]', list);
const ids = (list) => items(list).map((item) => item.dataset.sortId).join(',');

async function save(list, item) {
  const order = ids(list);
  if (order === before) return;
  const answer = await send(list.dataset.sort, { method: 'POST', body: new URLSearchParams({ order }) }).catch(() => null);
  if (answer?.ok) return toast(word('moved').replace('{place}', items(list).indexOf(item) + 1));
  before.split(',').forEach((id) => list.append(items(list).find((other) => other.dataset.sortId === id)));
  toast(word(answer ? 'failed' : 'offline'), { tone: 'bad' });
}

document.addEventListener('dragstart', (event) => {
  const item = event.target.closest?.('[data-sort] > [data-sort-id]');
  if (!item) return;
  held = item;
  before = ids(item.parentNode);
  item.classList.add('drag');
  event.dataTransfer.effectAllowed = 'move';
  event.dataTransfer.setData('text/plain', item.dataset.sortId);
});

document.addEventListener('dragover', (event) => {
  const other = held && event.target.closest?.('[data-sort] > [data-sort-id]');
  if (!other || other.parentNode !== held.parentNode) return;
  event.preventDefault();
  over(other, event.clientY);
});

function over(other, y) {
  if (!other || other.parentNode !== held.parentNode || other === held) return;
  const box = other.getBoundingClientRect();
  other.parentNode.insertBefore(held, y < box.top + box.height / 2 ? other : other.nextSibling);
}

function end() {
  if (!held) return;
  const item = held;
  held = null;
  item.classList.remove('drag');
  save(item.parentNode, item);
}

// Touch screens drag nothing by themselves: the handle takes the item along (`touch-action: none` keeps the page still).
document.addEventListener('pointerdown', (event) => {
  const grip = event.pointerType === 'touch' && event.target.closest?.('[data-sort] .grip');
  if (!grip) return;
  held = grip.closest('[data-sort-id]');
  before = ids(held.parentNode);
  held.classList.add('drag');
});
document.addEventListener('pointermove', (event) => {
  if (held && event.pointerType === 'touch') over(document.elementFromPoint(event.clientX, event.clientY)?.closest('[data-sort-id]'), event.clientY);
});
document.addEventListener('pointerup', (event) => { if (event.pointerType === 'touch') end(); });
document.addEventListener('pointercancel', (event) => { if (event.pointerType === 'touch') end(); });

document.addEventListener('drop', (event) => { if (held) event.preventDefault(); });

document.addEventListener('dragend', end);

document.addEventListener('keydown', (event) => {
  const item = event.altKey && event.target.closest?.('[data-sort] > [data-sort-id]');
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!item || !step) return;
  event.preventDefault();
  const list = item.parentNode;
  const other = items(list)[items(list).indexOf(item) + step];
  if (!other) return;
  before = ids(list);
  const focused = document.activeElement;
  list.insertBefore(item, step < 0 ? other : other.nextSibling);
  focused.focus();
  save(list, item);
});
