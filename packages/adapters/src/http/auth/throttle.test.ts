import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignInThrottle } from './throttle.ts';

const office = '192.0.2.7';

test('a whole office signs in from one address with the right passwords, and nobody has to wait', () => {
  const throttle = new SignInThrottle();
  for (let person = 0; person < 200; person += 1) {
    assert.equal(throttle.waitMs(`person${person}`, office, person), 0);
    throttle.failed(`person${person}`, office, person)();
  }
  assert.equal(throttle.size, 0);
});

test('who guesses at many names from one address waits longer and longer, right passwords in between or not', () => {
  const throttle = new SignInThrottle();
  let now = 0;
  for (let guess = 0; guess < 20; guess += 1) {
    throttle.failed(`person${guess}`, office, now);
    throttle.failed('own', office, now)();
    now += 1;
  }
  const first = throttle.waitMs('anybody', office, now);
  assert.ok(first > 0);
  now += first;
  throttle.failed('own', office, now)();
  throttle.failed('person20', office, now);
  assert.ok(throttle.waitMs('anybody', office, now) > first);
});

test('a wrong try while a right one is being verified still counts', () => {
  const throttle = new SignInThrottle();
  for (let round = 0; round < 20; round += 1) {
    const right = throttle.failed('own', office, round);
    throttle.failed(`person${round}`, office, round);
    right();
  }
  assert.ok(throttle.waitMs('anybody', office, 20) > 0);
});
