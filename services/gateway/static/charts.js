/* Draws the charts of a page with ECharts over the plain ones the server drew, from the numbers those carry: to be pointed at, in the
   colours of the page. What a screen reader is told, and the table beside, stay as they are; should anything here fail, so does the chart. */
"use strict";

(() => {
  if (!window.echarts) return;
  const value = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const TONES = { good: "green", warn: "yellow", bad: "red" };

  const common = () => ({
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    textStyle: { color: value("ink"), fontFamily: getComputedStyle(document.body).fontFamily },
    // No markup: the site's policy lets none have styles of its own.
    tooltip: { trigger: "axis", renderMode: "richText", confine: true },
    grid: { left: 8, right: 16, top: 28, bottom: 8, containLabel: true },
  });
  const line = () => ({ axisLine: { lineStyle: { color: value("line-strong") } }, axisLabel: { color: value("ink-2") }, splitLine: { lineStyle: { color: value("line") } } });

  const bars = (all) => ({
    ...common(),
    tooltip: { trigger: "item", renderMode: "richText", confine: true, formatter: (one) => `${one.name}：${one.data.text}` },
    xAxis: { type: "value", ...line(), axisLabel: { show: false }, axisTick: { show: false } },
    yAxis: { type: "category", inverse: true, data: all.map((one) => one.dataset.label), ...line() },
    series: [{
      type: "bar",
      data: all.map((one) => {
        const tone = Object.keys(TONES).find((name) => one.classList.contains(name));
        return { value: Number(one.dataset.value), text: one.dataset.text, itemStyle: { color: value(tone ? TONES[tone] : "brand") } };
      }),
      label: { show: true, position: "right", color: value("ink"), formatter: (one) => one.data.text },
    }],
  });

  const columns = (all, names) => ({
    ...common(),
    legend: { top: 0, textStyle: { color: value("ink") } },
    xAxis: { type: "category", data: all.map((one) => one.dataset.label), ...line() },
    yAxis: { type: "value", minInterval: 1, ...line() },
    series: names.map((name, at) => ({
      name,
      type: "bar",
      barGap: "-100%",
      z: at + 2,
      itemStyle: { color: value(at ? "brand" : "line-strong") },
      data: all.map((one) => Number(at ? one.dataset.part : one.dataset.whole)),
    })),
  });

  const draw = (svg) => {
    const all = Array.from(svg.querySelectorAll("[data-label]"));
    if (!all.length) return;
    const wide = svg.dataset.chart === "columns";
    const place = document.createElement("div");
    place.className = "chart-drawn";
    place.setAttribute("aria-hidden", "true");
    place.style.height = `${wide ? 240 : Math.max(120, all.length * 34 + 40)}px`;
    svg.after(place);
    const chart = window.echarts.init(place);
    const option = () => (wide ? columns(all, svg.dataset.names.split(" ")) : bars(all));
    chart.setOption(option());
    svg.classList.add("visually-hidden");
    new ResizeObserver(() => chart.resize()).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => chart.setOption(option()));
  };

  for (const svg of document.querySelectorAll("svg[data-chart]")) {
    try {
      draw(svg);
    } catch (error) {
      console.error(error);
      svg.classList.remove("visually-hidden");
      const place = svg.nextElementSibling;
      if (place && place.className === "chart-drawn") place.remove();
    }
  }
})();
