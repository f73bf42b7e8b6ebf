// One calm line about what takes longer than a moment. It goes to stderr, so that the output of a
// command stays what the command printed.

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;

/** On a terminal the line moves and is replaced; elsewhere it is printed once. */
export const showProgress = (doing) => {
  const { stderr } = process;
  const begunAt = Date.now();
  if (!stderr.isTTY) {
    stderr.write(`${doing} …\n`);
    return { done: (result) => stderr.write(`${result} ${took(begunAt)}\n`), clear: () => {} };
  }

  let frame = 0;
  const draw = () => {
    stderr.write(`\r\x1b[2K${frames[frame % frames.length]} ${doing} …`);
    frame += 1;
  };
  draw();
  const timer = setInterval(draw, frameMs);
  const clear = () => {
    clearInterval(timer);
    stderr.write('\r\x1b[2K');
  };
  return {
    clear,
    done: (result) => {
      clear();
      stderr.write(`${result} ${took(begunAt)}\n`);
    },
  };
};

const took = (begunAt) => `(${((Date.now() - begunAt) / 1000).toFixed(1)} s)`;
