// Registers the service worker, which keeps the frame of the product (styles, scripts, icons) and the page that says that
// there is no connection. What is private is never kept by it.
if ('serviceWorker' in navigator && window.isSecureContext) {
  addEventListener('load', () => { navigator.serviceWorker.register('/sw.js').catch(() => { /* not here */ }); });
}
