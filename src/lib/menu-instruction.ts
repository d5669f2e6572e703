/** What the loader's menu says on its third row: by it a screen is known to show one. */
export const menuInstruction = 'Up and Down choose, Enter boots.';
