import { answerOutcome } from '../../lib/answer.ts';

/** A question at a chapter's end: checks what the reader chose or typed, and opens the explanation once it is right. */
class Question extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector('form');
    const button = this.querySelector('button');
    if (form === null || button === null) return;
    button.disabled = false;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.check(new FormData(form));
    });
  }

  private check(given: FormData): void {
    const kind = this.dataset['kind'] === 'choice' ? 'choice' : 'number';
    const typed = given.get(kind === 'choice' ? this.id : 'number');
    const outcome = answerOutcome(kind, typeof typed === 'string' ? typed : '', this.dataset['answer'] ?? '');
    const status = this.querySelector('.outcome');
    if (status !== null) status.textContent = outcome.text;
    const explanation = this.querySelector('details');
    if (explanation !== null && outcome.right) explanation.open = true;
  }
}

customElements.define('onko-question', Question);
