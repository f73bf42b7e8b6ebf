// Runs in the payer's browser: tells the bank what it wants to know of it, and goes on.

const form = document.forms[0];
const tell = (name, value) => {
  const field = form.elements.namedItem(name);
  if (field) field.value = String(value);
};

tell('script', 'yes');
tell('color_depth', screen.colorDepth);
tell('screen_height', screen.height);
tell('screen_width', screen.width);
tell('window_height', innerHeight);
tell('window_width', innerWidth);
tell('time_zone', new Date().getTimezoneOffset());
tell('language', navigator.language);
form.submit();
