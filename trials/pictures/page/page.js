// Draws the curves of a page with uPlot; everything else stands in the page already. `charts` is set by the page.
"use strict";

const two = (n) => String(n).padStart(2, "0");

function moment(seconds, chart) {
  const date = uPlot.tzDate(new Date(seconds * 1000), chart.zone);
  const day = `${two(date.getMonth() + 1)}/${two(date.getDate())}`;
  return chart.days ? day : `${two(date.getHours())}:${two(date.getMinutes())}`;
}

function axisX(chart) {
  const axis = { stroke: "#9a9aa6", font: "12px Inter", size: 26, gap: 6, grid: { stroke: "rgba(204,204,220,0.07)", width: 1 }, ticks: { show: false } };
  if (chart.names) {
    return { ...axis, grid: { show: false }, splits: () => chart.names.map((_, n) => n), values: () => chart.names };
  }
  return { ...axis, splits: () => chart.marks, values: (_, marks) => marks.map((mark) => moment(mark, chart)) };
}

function draw(chart) {
  const place = document.getElementById(chart.id);
  const bars = uPlot.paths.bars({ size: [0.85, Infinity], align: chart.names ? 0 : 1 });
  const stepped = uPlot.paths.stepped({ align: 1 });
  new uPlot(
    {
      width: place.clientWidth,
      height: place.clientHeight,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 8, 0, 0],
      tzDate: (stamp) => uPlot.tzDate(new Date(stamp * 1000), chart.zone),
      scales: { x: { time: !chart.names, range: () => chart.span }, y: { range: () => [chart.ticks[0], chart.ticks[chart.ticks.length - 1]] } },
      axes: [
        axisX(chart),
        {
          stroke: "#9a9aa6", font: "12px Inter", size: chart.room, gap: 6,
          grid: { stroke: "rgba(204,204,220,0.07)", width: 1 }, ticks: { show: false },
          splits: () => chart.ticks, values: () => chart.labels,
        },
      ],
      bands: chart.bands,
      series: [{}, ...chart.series.map((series) => ({
        stroke: series.stroke, width: series.width, fill: series.fill || undefined, dash: series.dash || undefined,
        points: { show: false }, spanGaps: false,
        ...(series.bars ? { paths: bars } : series.stepped ? { paths: stepped } : {}),
      }))],
    },
    [chart.x, ...chart.series.map((series) => series.y)],
    place,
  );
}

document.fonts.ready.then(() => {
  charts.forEach(draw);
  document.title = "drawn";
});
