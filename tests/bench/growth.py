"""Lines of /etc/group, and granted paths -> least time of a start that edits nothing, as a table and as an SVG."""
import math, os
import stage

LINES = (10, 1_000, 100_000)
PATHS = (1, 10, 100, 1_000)

def lines(charon, noop, starts):
    for number in LINES:
        stage.fresh()
        stage.write("/etc/group", stage.ACCOUNTS["group"] + "".join(f"group{i}:x:{10_000 + i}:user{i}\n" for i in range(number)))
        yield number, started(starts, [charon, "--log-level=error", noop])

def paths(charon, noop, starts):
    os.mkdir("/run/devices")
    for number in PATHS:
        for i in range(number):
            path = f"/run/devices/{i}"
            stage.write(path, "")
            os.chown(path, 0, 2_000 + i)
            os.chmod(path, 0o660)
        stage.fresh()
        yield number, started(starts, [charon, "--log-level=error", "--no-socket", "--grant=/run/devices/*", noop])

def started(starts, words):
    stage.subprocess.run(stage.IN_CONTAINER + words, check=True, env=stage.VARIABLES)
    return stage.time(starts, {"start": words})["start"][0] / 1000

def plot(charon, noop, starts, file):
    curves = {"lines of /etc/group": list(lines(charon, noop, starts)), "granted paths, each with a group of its own": list(paths(charon, noop, starts))}
    print("\n| a start with | number | least time | for each one more |\n|---|---|---|---|")
    for name, points in curves.items():
        for before, (number, micros) in zip([None, *points], points):
            slope = f"{(micros - before[1]) / (number - before[0]):.2f} µs" if before else ""
            print(f"| {name} | {number:,} | {micros:,.0f} µs | {slope} |")
    stage.write(file, svg(curves))

def svg(curves):
    """Two panels, both axes logarithmic, so that what is linear ends on the dotted diagonal."""
    width, height, left, top, side = 760, 330, 62, 40, 250
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           "<title>Time of a start against lines of /etc/group and granted paths</title>", f'<rect width="{width}" height="{height}" fill="#fff"/>']
    for panel, (name, points) in enumerate(curves.items()):
        x0 = left + panel * (side + 110)
        most_x = math.ceil(math.log10(points[-1][0]) - 1e-9)
        low_y, high_y = 2, math.ceil(math.log10(max(micros for _, micros in points)))
        x = lambda number: x0 + side * math.log10(number) / most_x
        y = lambda micros: top + side * 0.9 * (1 - (math.log10(micros) - low_y) / (high_y - low_y))
        out.append(f'<text x="{x0}" y="{top - 14}" fill="#222">{name}</text>')
        for exponent in range(most_x + 1):
            out.append(f'<text x="{x(10 ** exponent):.1f}" y="{y(10 ** low_y) + 18:.1f}" text-anchor="middle" fill="#555">{10 ** exponent:,}</text>')
        for exponent in range(low_y, high_y + 1):
            label = f"{10 ** exponent} µs" if exponent < 3 else f"{10 ** (exponent - 3)} ms"
            out.append(f'<path d="M{x0} {y(10 ** exponent):.1f}h{side}" stroke="#ddd"/>')
            out.append(f'<text x="{x0 - 6}" y="{y(10 ** exponent) + 4:.1f}" text-anchor="end" fill="#555">{label}</text>')
        per_one = (points[-1][1] - points[0][1]) / (points[-1][0] - points[0][0])
        samples = (10 ** (most_x * i / 60) for i in range(61))
        curve = " ".join(f"{x(n):.1f},{y(points[0][1] + per_one * max(n - points[0][0], 0)):.1f}" for n in samples)
        out.append(f'<polyline points="{curve}" fill="none" stroke="#2a6fb0" stroke-dasharray="3 3"/>')
        for number, micros in points:
            out.append(f'<circle cx="{x(number):.1f}" cy="{y(micros):.1f}" r="4" fill="#2a6fb0"/>')
            out.append(f'<text x="{x(number) - 6:.1f}" y="{y(micros) - 8:.1f}" text-anchor="middle" fill="#222">{micros:,.0f} µs</text>')
        out.append(f'<text x="{x0}" y="{y(10 ** low_y) + 38:.1f}" fill="#555">dotted: {points[0][1]:,.0f} µs, and {per_one:.2f} µs for each one more</text>')
    return "\n".join([*out, "</svg>"]) + "\n"
