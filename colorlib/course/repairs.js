// Repairs that Python can't make, for those who use the keyboard or a screen reader. JupyterLab takes arrows and
// letters for its own shortcuts even inside a menu ("b" would insert a cell), so they are kept here. ipywidgets
// gives the radio buttons of a group no common name, without which arrows don't move among them, and neither
// groups nor sliders a name to be spoken. Parts may be drawn late (a game's second round): hence the observer.
const panel = this.closest('.colorlib-panel');
panel.addEventListener('keydown', event => {
  if (!(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)) event.stopPropagation();
});
const repair = () => {
  panel.querySelectorAll('.widget-radio-box').forEach(group => {
    const name = group.querySelector('input')?.name || 'choice-' + Math.random();
    group.querySelectorAll('input').forEach(radio => radio.name = name);
    group.setAttribute('role', 'radiogroup');
    const asked = group.closest('.widget-radio').previousElementSibling;
    group.setAttribute('aria-label', asked ? asked.textContent.trim() : '');
  });
  panel.querySelectorAll('.widget-slider').forEach(slider => {
    const label = slider.querySelector('.widget-label').textContent;
    slider.querySelector('[role=slider]')?.setAttribute('aria-label', label);
  });
  panel.querySelectorAll('.colorlib-told').forEach(told => told.setAttribute('role', 'status'));
};
repair();
new MutationObserver(repair).observe(panel, {childList: true, subtree: true});
