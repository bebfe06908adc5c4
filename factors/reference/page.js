document.getElementById("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("section")) {
    let any = false;
    for (const card of section.querySelectorAll("article")) {
      card.hidden = !wanted.every((word) => card.dataset.words.includes(word));
      any = any || !card.hidden;
    }
    section.hidden = !any;
  }
});
