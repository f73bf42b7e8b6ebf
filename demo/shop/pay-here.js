// The whole of what the shop's page does to be paid: it places the fields, asks for the payment, and shows the
// payer what became of it. Whether the order is paid it does not decide: the order's page reads that.

const form = document.querySelector('#pay');
const button = form.querySelector('button');
const message = document.querySelector('#message');
const { key, secret, status, back } = form.dataset;

const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
const tollgate = globalThis.Tollgate(key);
const elements = tollgate.elements({
  clientSecret: secret,
  appearance: {
    theme: 'auto',
    variables: { colorPrimary: isDark ? '#7cc7b4' : '#27564b', borderRadius: '11px' },
  },
});

const show = (text) => {
  message.textContent = text;
  message.hidden = text === '';
};

const busy = (is) => {
  button.disabled = is;
  button.setAttribute('aria-busy', String(is));
};

const take = ({ error }) => {
  if (error === undefined) {
    location.assign(back);
    return;
  }
  show(error.message);
  // Nobody knows whether it was paid: the order's page will, and nothing may be tried meanwhile.
  if (error.code === 'outcome_unknown') setTimeout(() => location.assign(back), 5_000);
  else busy(false);
};

const fields = elements.create('payment');
fields.on('ready', () => {
  // A payer who came back in the middle of the bank's question is asked again.
  if (status === 'requires_action') tollgate.handleNextAction({ clientSecret: secret }).then(take);
  else busy(false);
});
fields.on('change', () => show(''));
fields.on('loaderror', ({ error }) => show(`${error.message} You can pay on the payment page.`));
fields.mount('#fields');

const pay = async () => {
  show('');
  busy(true);
  const email = form.elements.email.value;
  take(
    await tollgate.confirmPayment({
      elements,
      confirmParams: { receipt_email: email, payment_method_data: { billing_details: { email } } },
      redirect: 'if_required',
    }),
  );
};
form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (!button.disabled) void pay();
});
