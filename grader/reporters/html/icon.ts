import type { VNode } from 'preact';
import { type Outcome, OUTCOME_WORDS } from '../outcome.ts';
import { markup } from './element.ts';

/** A mark that tells the outcome by its shape; its words are there for those who do not see it. */
export function outcomeIcon(outcome: Outcome): VNode {
  return markup`<span class=${`icon ${outcome}`}><svg aria-hidden="true" viewBox="0 0 16 16" width="18" height="18"><use href=${`#icon-${outcome}`} /></svg><span class="hidden-text">${OUTCOME_WORDS[outcome]}: </span></span>`;
}

/** The drawings that `outcomeIcon` refers to; once a page. */
export function iconSheet(): VNode {
  return markup`<svg class="sheet" aria-hidden="true" width="0" height="0">
    <symbol id="icon-full" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.5" fill="currentColor" /><path d="M4.6 8.3l2.3 2.4 4.6-5" fill="none" class="cut" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" /></symbol>
    <symbol id="icon-partial" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.7" fill="none" stroke="currentColor" stroke-width="1.6" /><path d="M8 3.2a4.8 4.8 0 0 0 0 9.6z" fill="currentColor" /></symbol>
    <symbol id="icon-none" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7.5" fill="currentColor" /><path d="M5.2 5.2l5.6 5.6m0-5.6l-5.6 5.6" fill="none" class="cut" stroke-width="1.8" stroke-linecap="round" /></symbol>
    <symbol id="icon-not-graded" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.7" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.6 2.4" /><path d="M5 8h6" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" /></symbol>
  </svg>`;
}
