// Shows what has arrived without a reload: asks for this page again each second, and puts the parts
// that have changed in their places.
async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.pathname);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of document.querySelectorAll('[data-live]')) {
    const fresh = page.getElementById(part.id);
    if (fresh && !fresh.isEqualNode(part)) part.replaceWith(document.adoptNode(fresh));
  }
}
setInterval(() => refresh().catch(() => {}), 1000);

document.addEventListener('click', async ({ target }) => {
  const link = target.dataset?.copy;
  if (!link) return;
  await navigator.clipboard.writeText(link);
  target.textContent = 'Copied';
  setTimeout(() => { target.textContent = 'Copy'; }, 1500);
});
