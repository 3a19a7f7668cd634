// Widget modules lie beside this file, under vendor/, whatever page asks for them.
requirejs.config({
  baseUrl: new URL("vendor/", document.currentScript.src).href,
});

// Labels of widgets ask for mathematics in the words of MathJax 2, which fail on a page that has MathJax 3.
document.addEventListener("DOMContentLoaded", () => {
  const { MathJax } = window;
  if (MathJax?.typesetPromise && !MathJax.Hub) {
    MathJax.Hub = { Queue: ([, , element]) => MathJax.startup.promise.then(() => MathJax.typesetPromise([element])) };
  }
});
