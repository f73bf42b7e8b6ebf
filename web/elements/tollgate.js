// What a merchant's page loads: it puts our frames where the page wants them, hands each a port, and passes on
// what they answer. Card numbers never come here. Classic, so that one script tag is enough; the page's
// policy needs this script and our origin in `frame-src`, and nothing inline.

(() => {
  /** @typedef {import('./frame.d.ts').Kind} Kind */

  const LOAD_LIMIT_MS = 15_000;
  const source = /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src;

  /** @param {string} code @param {string} message */
  const fault = (code, message) => Object.assign(new Error(`Tollgate: ${message}`), { type: 'invalid_request_error', code });

  /** The style of one element, as the variables of its look. @param {any} [style] */
  const styled = ({ base = {}, invalid = {} } = {}) =>
    Object.fromEntries(
      Object.entries({
        colorText: base.color,
        colorTextPlaceholder: base['::placeholder']?.color,
        colorTextSecondary: base.iconColor,
        colorDanger: invalid.color,
        fontFamily: base.fontFamily,
        fontSizeBase: base.fontSize,
        fontWeightNormal: base.fontWeight,
      }).filter(([, value]) => value)
    );

  /** @type {import('./tollgate.d.ts').TollgateConstructor} */
  const Tollgate = (key, { api = source, locale = 'auto' } = {}) => {
    if (!/^pk_(test|live)_/.test(key)) throw fault('key_invalid', 'give the publishable key, which begins with pk_test_ or pk_live_.');
    if (!api) throw fault('api_missing', 'say where the gateway is: Tollgate(key, { api: "https://pay.example.com" }).');
    const base = new URL(api).origin;

    /** @param {string} page @param {string} lang @param {Record<string, string>} [more] */
    const newFrame = (page, lang, more = {}) => {
      const frame = document.createElement('iframe');
      const asked = new URLSearchParams({ ...more, key, of: location.origin, lang: lang === 'auto' ? '' : lang });
      frame.src = `${base}/elements/${page}?${asked}`;
      frame.title = 'Tollgate';
      frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-forms');
      // Otherwise browsers paint a ground behind a frame whose page knows other schemes than this one.
      frame.style.cssText = 'border:0;display:block;width:100%;color-scheme:light only';
      return frame;
    };

    /** A port to the page in a frame, which that origin alone can receive. @param {HTMLIFrameElement} frame @param {object} hello */
    const handOver = (frame, hello) => {
      const { port1, port2 } = new MessageChannel();
      frame.contentWindow?.postMessage({ act: 'connect', key, ...hello }, base, [port2]);
      return port1;
    };

    /** @param {Kind} kind @param {any} of @param {(event: string, detail: any) => void} hear */
    const talk = (kind, of, hear) => {
      const frame = newFrame('frame', of.locale, { kind });
      /** @type {Map<number, { resolve: (value: any) => void, reject: (error: any) => void }>} */
      const waiting = new Map();
      let last = 0;
      /** @type {MessagePort} */
      let port;
      /** @type {() => void} */
      let arrive = () => {};
      /** @type {Promise<unknown>} */
      let there;
      /** Its page is gone, or will be another: what that was asked it answers no more. */
      const forget = () => {
        for (const { reject } of waiting.values()) reject(Object.assign(fault('outcome_unknown', 'the fields left the page before they answered. Ask what became of it.'), { type: 'api_connection_error' }));
        waiting.clear();
        there = new Promise((resolve) => (arrive = () => resolve(null)));
      };
      forget();

      frame.addEventListener('load', () => {
        // A frame that is moved loads anew.
        if (port) forget();
        port = handOver(frame, { group: of.group, options: of.options, appearance: of.appearance() });
        const timer = setTimeout(() => hear('loaderror', { error: fault('frame_blocked', `the fields did not load from ${base}. Allow it in frame-src of the page's policy.`) }), LOAD_LIMIT_MS);
        port.addEventListener('message', ({ data: { id, value, error, event, detail } }) => {
          if (event === undefined) {
            const asked = waiting.get(id);
            waiting.delete(id);
            return error === undefined ? asked?.resolve(value) : asked?.reject(error);
          }
          if (event === 'height') frame.style.height = `${detail.height}px`;
          if (event === 'ready') {
            clearTimeout(timer);
            frame.title = detail.title;
            arrive();
          }
          if (event === 'submit') frame.closest('form')?.requestSubmit();
          hear(event, detail);
        });
        port.start();
      });
      /** @param {string} act @param {object} [given] @returns {Promise<any>} */
      const ask = async (act, given) => {
        await there;
        return new Promise((resolve, reject) => {
          last += 1;
          waiting.set(last, { resolve, reject });
          port.postMessage({ id: last, act, given });
        });
      };
      return { frame, ask, forget, isThere: () => there };
    };

    /** For questions that no field belongs to. @type {ReturnType<typeof talk> | null} */
    let quiet = null;
    const quietFrame = () => {
      if (quiet !== null) return quiet;
      quiet = talk('none', { locale, group: '', appearance: () => ({}) }, () => {});
      quiet.frame.hidden = true;
      quiet.frame.ariaHidden = 'true';
      document.body.append(quiet.frame);
      return quiet;
    };

    const elements = ({ clientSecret = '', appearance = {}, locale: language = locale, ...rest } = /** @type {any} */ ({})) => {
      const group = [...crypto.getRandomValues(new Uint32Array(4))].join('-');
      /** @type {any[]} */
      const made = [];
      let look = appearance;
      const dark = matchMedia('(prefers-color-scheme: dark)');
      const painted = () => ({ ...look, theme: look.theme === 'night' || (look.theme === 'auto' && dark.matches) ? 'night' : 'light' });
      const repaint = () => made.forEach((element) => element.update({}));
      dark.addEventListener('change', repaint);

      /** @param {Kind} kind @param {any} [options] */
      const create = (kind, options = {}) => {
        /** @type {Map<string, Set<(detail: any) => void>>} */
        const listeners = new Map();
        /** @type {Element | null} */
        let place = null;
        const of = { locale: language, group, options, appearance: () => ({ ...painted(), variables: { ...look.variables, ...styled(options.style) } }) };
        const link = talk(kind, of, (event, detail) => {
          const on = (/** @type {string} */ name, /** @type {boolean} */ is) => place?.classList.toggle(`TollgateElement--${name}`, is);
          if (event === 'focus' || event === 'blur') on('focus', event === 'focus');
          // A frame that comes late has heard nothing of what was typed in the others.
          if (event === 'ready') for (const other of made) void other.link.ask('update').catch(() => {});
          if (event === 'change') {
            on('empty', detail.empty);
            on('complete', detail.complete);
            on('invalid', detail.error !== undefined);
          }
          for (const listener of listeners.get(event) ?? []) listener(detail);
        });
        /** @param {string} act */
        const act = (act) => () => void link.ask(act).catch(() => {});
        const element = {
          kind,
          link,
          clientSecret,
          /** The parts of a card that stand in frames of their own, once these have loaded. */
          beside: async () => {
            const apart = made.filter((other) => other.link.frame.isConnected && /^card(Number|Expiry|Cvc)$/.test(other.kind));
            await Promise.race([Promise.all(apart.map((other) => other.link.isThere())), new Promise((resolve) => setTimeout(resolve, LOAD_LIMIT_MS))]);
            return apart.map((other) => other.kind.slice(4).toLowerCase());
          },
          /** @param {string | Element} target */
          mount: (target) => {
            place = typeof target === 'string' ? document.querySelector(target) : target;
            if (place === null) throw fault('mount_missing', `there is no element to mount to: ${String(target)}`);
            place.classList.add('TollgateElement', 'TollgateElement--empty');
            place.replaceChildren(link.frame);
          },
          unmount: () => {
            link.frame.remove();
            link.forget();
          },
          destroy: () => {
            element.unmount();
            made.splice(made.indexOf(element), 1);
          },
          /** @param {any} changed */
          update: (changed) => {
            Object.assign(options, changed);
            void link.ask('update', { options, appearance: of.appearance() }).catch(() => {});
          },
          /** @param {string} event @param {(detail: any) => void} listener */
          on: (event, listener) => {
            listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
            return element;
          },
          /** @param {string} event @param {(detail: any) => void} listener */
          off: (event, listener) => {
            listeners.get(event)?.delete(listener);
            return element;
          },
          focus: act('focus'),
          blur: act('blur'),
          clear: act('clear'),
        };
        made.push(element);
        return element;
      };
      return {
        ...rest,
        create,
        /** @param {Kind} kind */
        getElement: (kind) => made.find((element) => element.kind === kind) ?? null,
        /** @param {any} changed */
        update: (changed) => {
          look = changed.appearance ?? look;
          repaint();
        },
        submit: async () => ({}),
        clientSecret,
        card: () => made.find(({ kind }) => /^(card|payment|cardNumber)$/.test(kind)),
      };
    };

    /** @param {string} secret */
    const nameOf = (secret) => (secret.startsWith('seti_') ? 'setupIntent' : 'paymentIntent');

    /** @param {Promise<object>} answer */
    const told = (answer) => answer.catch((/** @type {any} */ error) => ({ error: { ...error, message: error.message } }));

    /** What an element sends goes with its card; everything else is a question of the page. @param {any} element @param {object} given @returns {Promise<any>} */
    const send = async (element, given) =>
      (element?.link ?? quietFrame()).ask('send', { ...given, withCard: element !== undefined, beside: await element?.beside() });

    /** The bank's question, over the page; resolves with the intent as the API tells it afterwards. @param {string} secret @returns {Promise<any>} */
    const challenge = (secret) =>
      new Promise((resolve, reject) => {
        const dialog = document.createElement('dialog');
        const frame = newFrame('challenge', locale);
        const isSmall = matchMedia('(max-width: 40rem)').matches;
        dialog.style.cssText = 'position:fixed;inset:0;margin:0;padding:0;border:0;width:100vw;height:100dvh;max-width:none;max-height:none;background:rgb(10 14 22 / .62);display:grid;place-items:center';
        frame.style.cssText = `border:0;${isSmall ? 'width:100%;height:100%' : 'width:34rem;height:min(44rem,92dvh);border-radius:16px;box-shadow:0 24px 80px rgb(0 0 0 / .35)'}`;
        /** @type {MessagePort | null} */
        let port = null;
        frame.addEventListener('load', () => {
          port = handOver(frame, { secret });
          port.addEventListener('message', ({ data: { value, error } }) => {
            dialog.close();
            dialog.remove();
            if (error === undefined) resolve(value);
            else reject(error);
          });
          port.start();
        });
        dialog.addEventListener('cancel', (event) => {
          event.preventDefault();
          port?.postMessage('cancel');
        });
        dialog.append(frame);
        document.body.append(dialog);
        dialog.showModal();
      });

    /** Asks the payer what is to be asked, and says how it ended. @param {string} secret @param {any} intent @param {boolean} handles */
    const finish = async (secret, intent, handles = true) => {
      let now = intent;
      const { type, redirect_to_url: away } = now.next_action ?? {};
      if (handles && now.status === 'requires_action') {
        if (type === 'redirect_to_url') {
          location.assign(away.url);
          return new Promise(() => {});
        }
        now = await challenge(secret);
      }
      const error = now.last_payment_error ?? now.last_setup_error;
      const hasFailed = now.status === 'requires_payment_method' && error;
      return hasFailed ? { error: { ...error, [now.object]: now } } : { [nameOf(secret)]: now };
    };

    /** @param {string} secret @param {any} element @param {object} params @param {boolean} [handles] */
    const confirm = async (secret, element, params, handles) =>
      finish(secret, await send(element, { what: 'confirm', secret, params }), handles);

    /** `payment_method` of a confirmation: an id, or an element and what belongs to it. @param {any} data */
    const confirmCard = (/** @type {string} */ secret, data = /** @type {any} */ ({}), { handleActions = true } = {}) => {
      const { payment_method: method, ...params } = data;
      const element = method?.card?.link && method.card;
      const given = element ? { billing_details: method.billing_details } : { payment_method: method };
      return told(confirm(secret, element || undefined, { ...params, ...given }, handleActions));
    };

    /** @param {any} asked */
    const confirmAny = async ({ elements: group, clientSecret, confirmParams = {}, redirect = 'always' }) => {
      const secret = clientSecret ?? group?.clientSecret;
      const { payment_method_data: data = {}, ...params } = confirmParams;
      const { return_url } = params;
      if (redirect !== 'if_required' && !return_url) throw fault('parameter_missing', 'confirmParams.return_url is missing. Give it, or say redirect: "if_required".');
      const element = params.payment_method === undefined ? group?.card() : undefined;
      const ended = await confirm(secret, element, { ...params, ...data });
      if (ended.error || redirect === 'if_required') return ended;
      const back = new URL(return_url);
      const name = secret.startsWith('seti_') ? 'setup_intent' : 'payment_intent';
      const { id, status } = ended[nameOf(secret)];
      back.searchParams.set(name, id);
      back.searchParams.set(`${name}_client_secret`, secret);
      back.searchParams.set('redirect_status', status === 'processing' ? 'pending' : 'succeeded');
      location.assign(back);
      return new Promise(() => {});
    };

    /** @param {string} secret */
    const retrieve = (secret) => told(send(undefined, { what: 'retrieve', secret }).then((value) => ({ [nameOf(secret)]: value })));
    /** @param {string} secret */
    const goOn = (secret) => told(send(undefined, { what: 'retrieve', secret }).then((value) => finish(secret, value)));

    return {
      elements,
      /** @param {any} data */
      createPaymentMethod: ({ elements: group, card = group?.card(), billing_details, params = {} }) =>
        told(send(card, { what: 'method', params: { billing_details, ...params } }).then((paymentMethod) => ({ paymentMethod }))),
      /** @param {any} card @param {object} [params] */
      createToken: (card, params = {}) => told(send(card, { what: 'token', params: { card: params } }).then((token) => ({ token }))),
      confirmCardPayment: confirmCard,
      confirmCardSetup: confirmCard,
      /** @param {any} asked */
      confirmPayment: (asked) => told(confirmAny(asked)),
      /** @param {any} asked */
      confirmSetup: (asked) => told(confirmAny(asked)),
      retrievePaymentIntent: retrieve,
      retrieveSetupIntent: retrieve,
      /** @param {{ clientSecret: string }} asked */
      handleNextAction: ({ clientSecret }) => goOn(clientSecret),
      handleCardAction: goOn,
    };
  };

  Object.assign(globalThis, { Tollgate });
})();
