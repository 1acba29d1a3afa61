// What the cores of the door and of leads send, and how a refusal becomes an error.

export const iso = (moment) => new Date(moment).toISOString();

export function posted(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), credentials: "omit" };
}

// The first error of the answer, with its code and pointer.
export function problem(answer, content) {
  const first = content?.errors?.[0] ?? {};
  return Object.assign(new Error(first.detail ?? `The answer is ${answer.status}.`), { ...first, status: answer.status });
}
