(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  // Copy buttons.
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      let done = false;
      try {
        await navigator.clipboard.writeText(source.textContent);
        done = true;
      } catch {
        const selection = getSelection();
        selection.removeAllRanges();
        const range = document.createRange();
        range.selectNodeContents(source);
        selection.addRange(range);
        done = document.execCommand("copy");
      }
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
  }

  // A link into a panel opens it; choosing a panel makes its link.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let panel = target.closest(".panel"); panel; panel = panel.parentElement.closest(".panel")) {
      document.getElementById(panel.id.replace(/-panel$/, "")).checked = true;
    }
    if (target.matches(".picker input")) {
      target.checked = true;
      target.closest(".picker").scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
  document.addEventListener("change", (event) => {
    if (event.target.matches(".picker input")) history.replaceState(null, "", "#" + event.target.id);
  });

  // The section being read.
  const links = new Map();
  for (const link of document.querySelectorAll(".toc a")) links.set(link.hash.slice(1), link);
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const section of document.querySelectorAll("main > section")) seen.observe(section);
})();
