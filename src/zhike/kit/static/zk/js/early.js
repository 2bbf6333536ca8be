// Before the first paint: the theme, row height and sidebar this browser remembers, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const kept = (name) => { try { return localStorage.getItem(`zk-${name}`); } catch { return null; } };
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const paint = () => {
    const theme = kept('theme');
    root.dataset.theme = theme === 'light' || theme === 'dark' ? theme : dark.matches ? 'dark' : 'light';
  };
  paint();
  dark.addEventListener('change', paint);
  root.dataset.density = kept('density') || 'std';
  if (kept('side')) root.dataset.side = kept('side');
})();
