// A page is somebody's. When another tab has signed in somebody else meanwhile, what is sent from here is refused and stays
// as it was typed: `SamePerson` in kit/middleware.py. HTMX and scripts name the person in a header. A plain form would leave
// the page: once the token has changed, which each signing in does, it asks first and takes the token in force.
import { $, $$, send, token } from './page.js';
import { relay } from './toasts.js';

let known = token();

document.addEventListener('submit', async (event) => {
  const { target: form, submitter } = event;
  const isPlain = form.getAttribute('method') === 'post' && !form.matches('[hx-post]') && !submitter?.matches('[hx-post]');
  if (!isPlain || !document.body.dataset.person || token() === known) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const asked = token();
  const answer = await send($('link[rel=manifest]').href, { method: 'HEAD', cache: 'no-store' }).catch(() => null);
  if (answer?.status === 409) { relay(answer); return; }
  known = asked;
  $$('[name=csrfmiddlewaretoken]').forEach((input) => { input.value = known; });
  form.requestSubmit(submitter);
}, true);
