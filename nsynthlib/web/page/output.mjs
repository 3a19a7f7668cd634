/** Where all voices meet: a gain that leaves room for many, and a limiter that lets nothing clip. */

const GAIN = 0.25; // of each voice: four of full scale, or a dozen as loud as notes are, stay below the limiter's knee
const KNEE = 0.8; // up to here the sound is as it was
const RANGE = 4; // of amplitudes that the limiter takes; it is the curve's unit
const POINTS = 40_001; // of the curve, one of them at the knee

/** A straight line up to the knee, and above it a bend that comes near to 1 and never there. */
function limiterCurve() {
  const room = 0.999 - KNEE;
  const bend = (level) => KNEE + room * Math.tanh((level - KNEE) / room);
  return Float32Array.from({ length: POINTS }, (_, i) => {
    const value = RANGE * ((2 * i) / (POINTS - 1) - 1);
    return Math.abs(value) <= KNEE ? value : Math.sign(value) * bend(Math.abs(value));
  });
}

/** `input`, to which voices are connected, and `output`, which leads on to what the context plays. */
export function makeOutput(context) {
  const input = new GainNode(context, { gain: GAIN / RANGE });
  const output = new WaveShaperNode(context, { curve: limiterCurve() });
  input.connect(output).connect(context.destination);
  return { input, output };
}
