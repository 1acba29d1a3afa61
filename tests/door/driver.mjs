// Runs a device's core for a test: a line of JSON in ({call, args}), a line out ({value} or {error}).
// The test says how its clock goes and whether there is a network.
import { createInterface } from "node:readline";

const [, , core, api] = process.argv;
const { openDoor, memoryStore } = await import(core);
const world = { offset: 0, jumps: 0, isOnline: true, answers: true };
const store = { ...memoryStore(), close() {} };
const options = {
  api,
  store,
  deadline: 30_000, // this machine may be busy
  clock: { now: () => Date.now() + world.offset + world.jumps, steady: () => performance.now() + world.offset },
  async fetch(...sent) {
    if (!world.isOnline) throw new TypeError("network");
    const answer = await fetch(...sent);
    if (!world.answers) throw new TypeError("the answer was lost");
    return answer;
  },
};
let door = await openDoor(options);

const calls = {
  // Time passes; `jumps` moves the device's clock alone.
  world: (change) => Object.assign(world, change),
  state: () => ({ ...door.state, paired: door.paired }),
  queue: () => door.queue,
  async reload() {
    door.close();
    door = await openDoor(options);
    return { ...door.state, paired: door.paired };
  },
  async kept() {
    return JSON.stringify(await store.load());
  },
  async ask(path) {
    const answer = await door.ask(path);
    return [answer.status, await answer.json()];
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, args } = JSON.parse(line);
  let said;
  try {
    const value = await (calls[call] ?? door[call].bind(door))(...args);
    said = { value: value ?? null };
  } catch (failure) {
    said = { error: failure.message, reason: failure.reason ?? null, status: failure.status ?? null };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
process.exit(0);
