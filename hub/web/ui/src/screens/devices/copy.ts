/**
 * Puts a text where it can be pasted; false when the browser does not allow it. The clipboard itself is for encrypted
 * pages only, and the house's own network has none: there a selection is copied, out of a field beside `near`, for a
 * dialog lets nothing outside it have the focus.
 */
export async function copyText(text: string, near: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelection(text, near);
  }
}

function copySelection(text: string, near: HTMLElement): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  near.after(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  near.focus();
  return copied;
}
