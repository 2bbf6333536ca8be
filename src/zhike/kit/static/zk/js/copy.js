// `<button data-copy="#field" data-copied="Copied">` copies what a field holds.
import { $ } from './page.js';
import { toast } from './toasts.js';

document.addEventListener('click', async ({ target }) => {
  const button = target.closest?.('[data-copy]');
  const field = button && $(button.dataset.copy);
  if (!field) return;
  field.select?.();
  // Without https there is no clipboard; the old way works there.
  try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand('copy'); }
  toast(button.dataset.copied);
});
