/** Sound as it happens, from the microphone or from a file, given on block by block. Nothing of it leaves the page. */
import { openMicrophone } from "./microphone.mjs";

/** What runs on the browser's audio thread: it hands over what it gets, the mean of all channels. */
function audioThread() {
  class Blocks extends AudioWorkletProcessor {
    process([channels]) {
      if (!channels.length) return true;
      const block = channels[0].slice();
      for (const other of channels.slice(1)) for (let i = 0; i < block.length; i++) block[i] += other[i];
      for (let i = 0; i < block.length; i++) block[i] /= channels.length;
      this.port.postMessage(block, [block.buffer]);
      return true;
    }
  }
  registerProcessor("nn-blocks", Blocks);
}

/** A node that calls `onBlock` with each block of samples that reaches it. */
export async function makeTap(context, onBlock) {
  if (!context.audioWorklet) throw new Error("This browser listens only on pages that were opened over HTTPS.");
  const address = URL.createObjectURL(new Blob([`(${audioThread})();`], { type: "text/javascript" }));
  await context.audioWorklet.addModule(address).finally(() => URL.revokeObjectURL(address));
  const tap = new AudioWorkletNode(context, "nn-blocks", { numberOfInputs: 1, numberOfOutputs: 1 });
  tap.port.onmessage = ({ data }) => onBlock(data);
  tap.connect(context.destination); // silent: it writes nothing, and a node that leads nowhere might not run
  return tap;
}

/** The microphone as a source, and a context of `rate` hertz, or of the microphone's own where that is all there is. */
async function fromMicrophone(rate) {
  const stream = await openMicrophone("choose an example");
  const close = () => stream.getTracks().forEach((track) => track.stop());
  const context = new AudioContext({ sampleRate: rate });
  try {
    return { context, source: context.createMediaStreamSource(stream), close };
  } catch {
    await context.close(); // Firefox does not change a microphone's rate
    const own = new AudioContext();
    return { context: own, source: own.createMediaStreamSource(stream), close };
  }
}

/** A file as a source, which is also heard; `onEnd` is called when it is over. */
async function fromFile(rate, address, onEnd) {
  const context = new AudioContext({ sampleRate: rate });
  const buffer = await context.decodeAudioData(await (await fetch(address)).arrayBuffer());
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  source.onended = onEnd;
  return { context, source, close: () => {} };
}

/**
 * Begins to listen, to the file at `address` or, without one, to the microphone, at `rate` hertz if the browser can.
 * `onBlock(samples)` gets what is heard, `onEnd()` is called when a file is over. The answer is `{ rate, stop }`.
 */
export async function listen(rate, address, onBlock, onEnd) {
  const { context, source, close } = await (address ? fromFile(rate, address, onEnd) : fromMicrophone(rate));
  const stop = () => {
    source.onended = null;
    close();
    return context.close();
  };
  try {
    source.connect(await makeTap(context, onBlock));
    await context.resume();
  } catch (error) {
    await stop();
    throw error;
  }
  source.start?.();
  return { rate: context.sampleRate, stop };
}
