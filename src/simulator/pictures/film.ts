/**
 * The frames of a film: a camera that moves over a wide scene. What begins with a picture (one that was sent, or the last one
 * of the shot before) shows exactly that first, and turns into its own scene within a second.
 */
import { digestOf } from '../../lib/digest.js';
import { drawPicture, type Drawing } from './draw.js';
import { editPicture } from './edit.js';
import { paintFigure } from './figure.js';
import { cut, type Picture, mixed, widened } from './picture.js';

/** A part of a film, without a cut in it. */
export interface Shot {
  prompt: string;
  seconds: number;
  /** What it begins with, of the film's size; the end of the shot before it without this, if there is one. */
  first?: Picture | undefined;
  /** Prompts that changed it afterwards. */
  edits: readonly string[];
  /** Looks of the characters that are in it. */
  characters: readonly string[];
}

/** What is shown. */
export interface FilmPlan {
  seed: number;
  width: number;
  height: number;
  shots: readonly Shot[];
}

/** How much wider than a frame the scene is. */
const PAN = 1.25;
/** How long the first picture takes to become the scene. */
const FADE_S = 1;

interface Scene {
  shot: Shot;
  /** As wide as the scene. */
  before: Picture | undefined;
  scene: Picture;
}

/** A film whose frames can be asked for. */
export class FilmReel {
  readonly #plan: FilmPlan;
  readonly #scenes: Scene[] = [];
  /** Of all shots. */
  readonly seconds: number;

  constructor(plan: FilmPlan) {
    this.#plan = plan;
    this.seconds = plan.shots.reduce((sum, { seconds }) => sum + seconds, 0);
    let last: Picture | undefined;
    for (const [index, shot] of plan.shots.entries()) {
      const scene = this.#sceneOf(shot, index, shot.first ?? last);
      this.#scenes.push(scene);
      if (index + 1 < plan.shots.length) last = this.#frameOf(scene, shot.seconds);
    }
  }

  /** The frame at an instant. */
  frameAt(second: number): Picture {
    let from = 0;
    for (const scene of this.#scenes) {
      if (second < from + scene.shot.seconds || scene === this.#scenes.at(-1))
        return this.#frameOf(scene, second - from);
      from += scene.shot.seconds;
    }
    throw new RangeError('a film without shots');
  }

  #sceneOf(shot: Shot, index: number, first: Picture | undefined): Scene {
    const width = Math.ceil(this.#plan.width * PAN);
    const before = first && widened(first, width);
    const own = this.#drawing(shot.prompt, index);
    let scene = before ? editPicture(before, own) : drawPicture(own);
    for (const [i, edit] of shot.edits.entries()) scene = editPicture(scene, this.#drawing(edit, i));
    for (const [i, look] of shot.characters.entries())
      paintFigure(scene, digestOf([look]), (i + 1) / (shot.characters.length + 1));
    return { shot, before, scene };
  }

  #drawing(prompt: string, index: number): Drawing {
    const { seed, width, height } = this.#plan;
    const size = { width: Math.ceil(width * PAN), height };
    return { seed, prompt, index, ...size, vivid: true, transparent: false, progress: 1 };
  }

  #frameOf({ shot, before, scene }: Scene, second: number): Picture {
    const { width } = this.#plan;
    const share = Math.min(1, second / shot.seconds);
    const left = Math.round((scene.width - width) * share);
    const frame = cut(scene, left, width);
    if (!before || second >= FADE_S) return frame;
    return mixed(cut(before, left, width), frame, second / FADE_S);
  }
}
