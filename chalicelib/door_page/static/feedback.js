// Sound and vibration of a verdict: two tones that rise for yes, two low ones for no.

const TONES = {
  yes: { wave: "sine", notes: [[880, 0, 0.09], [1320, 0.09, 0.16]], loud: 0.25, shake: [70] },
  no: { wave: "square", notes: [[170, 0, 0.18], [140, 0.24, 0.3]], loud: 0.16, shake: [220, 90, 220] },
  ask: { wave: "triangle", notes: [[520, 0, 0.16]], loud: 0.25, shake: [60, 60, 60] },
};
let context;

/** Browsers are silent before somebody has touched the page: call this from such an event. */
export function wakeSound() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
}

/** Be heard and felt. `kind` is yes, no or ask. */
export function signal(kind, audible) {
  const { wave, notes, loud, shake } = TONES[kind];
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(shake);
  if (!audible || context?.state !== "running") return;
  for (const [pitch, after, lasting] of notes) {
    const [tone, volume, begins] = [context.createOscillator(), context.createGain(), context.currentTime + after];
    tone.type = wave;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(loud, begins);
    volume.gain.exponentialRampToValueAtTime(0.001, begins + lasting);
    tone.connect(volume).connect(context.destination);
    tone.start(begins);
    tone.stop(begins + lasting);
  }
}
