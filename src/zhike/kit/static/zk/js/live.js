// Live events (`data-events` on the body): how much is unread, and what has just come. One connection, and only while
// the page is looked at; the browser connects again by itself.
import { $$ } from './page.js';
import { toast } from './toasts.js';

let source = null;

function unread(count) {
  for (const place of $$('[data-unread]')) {
    place.hidden = count < 1;
    if (!place.classList.contains('dot')) place.textContent = count > 99 ? '99+' : count;
  }
}

function listen() {
  const url = document.body.dataset.events;
  if (!url || source || document.hidden || !window.EventSource) return;
  source = new EventSource(url);
  let count = 0;
  source.addEventListener('unread', ({ data }) => { count = Number(data) || 0; unread(count); });
  source.addEventListener('inbox', ({ data }) => {
    const item = JSON.parse(data);
    unread((count += 1));
    toast(item.text, { tone: item.tone === 'bad' ? 'bad' : 'ok' });
    document.body.dispatchEvent(new CustomEvent('zk:inbox', { bubbles: true, detail: item }));
  });
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) { source?.close(); source = null; } else listen();
});
addEventListener('pagehide', () => { source?.close(); source = null; });
listen();
