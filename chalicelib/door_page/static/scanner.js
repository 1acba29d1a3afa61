// The camera: reads QR codes from a video, and spares the battery.

const WIDEST = 720; // pixels of a frame that are looked at
const LEAST_PAUSE = 110; // milliseconds between two frames; longer where reading them is slow
const IDLE_PAUSE = 350;
const IDLE_AFTER = 60_000;
const RESTS_AFTER = 300_000; // without any code
const GONE = 1_800; // a code counts again once it was out of sight for this long

export class Scanner {
  /** `found(text)` for a code that comes into sight, `changed(state)` with off, starting, on, resting or a refusal. */
  constructor(video, found, changed) {
    Object.assign(this, { video, found, changed, state: "off", wanted: false, keepsAwake: false });
    this.canvas = document.createElement("canvas");
    this.seen = { text: "", at: 0 };
    document.addEventListener("visibilitychange", () => this.#follow());
  }

  get torch() {
    return Boolean(this.stream?.getVideoTracks()[0]?.getCapabilities?.().torch);
  }

  async light(on) {
    await this.stream?.getVideoTracks()[0]?.applyConstraints({ advanced: [{ torch: on }] });
  }

  async start() {
    this.wanted = true;
    if (this.state === "on" || this.state === "starting") return;
    this.#say("starting");
    try {
      if (!navigator.mediaDevices) throw new DOMException("no camera", "NotFoundError");
      this.read ??= await reader();
      const video = { facingMode: "environment", width: { ideal: 1280 }, frameRate: { ideal: 24 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
      if (!this.wanted || document.hidden) return stopAll(stream);
      this.stream = stream;
      this.video.srcObject = stream;
      await this.video.play();
      this.lastFound = performance.now();
      this.#say("on");
      await this.#stayAwake();
      this.#loop(stream);
    } catch (failure) {
      this.#end(failure.name === "NotAllowedError" ? "denied" : "missing");
    }
  }

  stop() {
    this.wanted = false;
    this.#end("off");
  }

  #follow() {
    if (document.hidden && this.stream) this.#end("off");
    else if (!document.hidden && this.wanted) this.start();
  }

  #end(state) {
    stopAll(this.stream);
    this.stream = this.video.srcObject = null;
    this.lock?.release().catch(() => {});
    this.lock = null;
    if (state !== "off") this.wanted = false;
    this.#say(state);
  }

  #say(state) {
    this.state = state;
    this.changed(state);
  }

  async #stayAwake() {
    if (!this.keepsAwake || !navigator.wakeLock) return;
    this.lock = await navigator.wakeLock.request("screen").catch(() => null); // refused when the battery is low
  }

  async #loop(stream) {
    while (this.stream === stream) {
      const began = performance.now();
      const text = await this.#look();
      if (this.stream !== stream) return;
      if (text) this.#saw(text, began);
      const idle = began - this.lastFound;
      if (idle > RESTS_AFTER) return this.#end("resting");
      const pause = idle > IDLE_AFTER ? IDLE_PAUSE : LEAST_PAUSE;
      await new Promise((go) => setTimeout(go, Math.max(pause, 2 * (performance.now() - began))));
    }
  }

  #saw(text, at) {
    const known = text === this.seen.text && at - this.seen.at < GONE;
    this.seen = { text, at };
    this.lastFound = at;
    if (!known) this.found(text);
  }

  async #look() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width || this.video.readyState < 2) return "";
    const scale = Math.min(1, WIDEST / Math.max(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return this.read(this.canvas, context);
  }
}

function stopAll(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** What reads a QR code from a canvas: the browser itself, or the library where it cannot. */
async function reader() {
  const own = (await window.BarcodeDetector?.getSupportedFormats?.())?.includes("qr_code");
  if (own) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async (canvas) => (await detector.detect(canvas).catch(() => []))[0]?.rawValue ?? "";
  }
  const { decodeQR } = await import("./qr/decode.js");
  return async (canvas, context) => {
    const { width, height } = canvas;
    try {
      return decodeQR({ width, height, data: context.getImageData(0, 0, width, height).data });
    } catch {
      return ""; // it throws where there is none
    }
  };
}
