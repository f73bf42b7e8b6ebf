// The only script of the page: forms are sent as JSON, and the page is read again when it worked.

export const pageScript = `'use strict';
const note = document.querySelector('#note');
const tell = (text, isBad) => {
  note.textContent = text;
  note.className = isBad ? 'bad' : 'good';
  note.hidden = false;
};
const valueOf = (input) => {
  if (input.dataset.as === 'number') return Number(input.value);
  if (input.dataset.as === 'boolean') return input.value === 'true';
  return input.value;
};
const bodyOf = (form) => {
  const body = {};
  for (const input of form.elements) {
    if (!input.name || input.value === '') continue;
    const [name, inner] = input.name.split('.');
    if (inner === undefined) body[name] = valueOf(input);
    else body[name] = { ...body[name], [inner]: valueOf(input) };
  }
  return body;
};
document.addEventListener('submit', async (event) => {
  const form = event.target;
  const [method, path] = (form.dataset.send ?? '').split(' ');
  if (path === undefined) return;
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  try {
    const response = await fetch(path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(bodyOf(form)),
    });
    const answer = await response.json();
    if (response.ok) location.reload();
    else tell(answer.reason ?? 'It was refused.', true);
  } catch {
    tell('The sandbox does not answer. Is it still running?', true);
  } finally {
    button.disabled = false;
  }
});
`;
