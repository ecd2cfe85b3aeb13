import htm from 'htm';
import { type ComponentChild, h, type VNode } from 'preact';
import { printable } from '../../platform/printable.ts';

export type Child = ComponentChild;

/**
 * A tagged template that makes elements: markup`<p class=${name}>${text}</p>`. White space with a line
 * break in it is dropped, as in JSX (so it must not be formatted as HTML: hence not named `html`). Every value in it is a
 * text or an attribute's value and is escaped; control and bidi characters are made visible. Only
 * `dangerouslySetInnerHTML` gets past, and only this report's own script and styles use it.
 */
export const markup = (htm as unknown as Htm).bind(element);

/** htm's own declaration is for CommonJS’s default export, which Node's resolution reads another way. */
interface Htm {
  bind(create: typeof element): (strings: TemplateStringsArray, ...values: unknown[]) => VNode;
}

/** A sentence in which `words in backticks` become code. */
export function prose(text: string): Child[] {
  return text.split(/`([^`\n]+)`/).map((part, index) => (index % 2 === 1 ? markup`<code>${part}</code>` : part));
}

/** As preact's `h`, with texts made printable. */
export function element(type: string, props: Record<string, unknown> | null, ...children: unknown[]): VNode {
  const shown = Object.fromEntries(Object.entries(props ?? {}).map(([name, value]) => [name, inert(value)]));
  return h(type, shown, ...(children.map(inert) as ComponentChild[]));
}

function inert(value: unknown): unknown {
  if (typeof value === 'string') return printable(value);
  return Array.isArray(value) ? value.map(inert) : value;
}
