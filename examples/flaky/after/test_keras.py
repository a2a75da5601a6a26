"""A reward threshold: a policy learns by its rewards alone which lever each sign is for."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hw4 import claim

SIGNS, LEVERS, STEPS, BATCH = 4, 3, 24, 64


@pytest.fixture
def agent(seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((SIGNS,)), keras.layers.Dense(LEVERS)])


def reward(agent, rng):
    """Train by REINFORCE and return the mean reward of the last eight batches."""
    optimiser, rewards = keras.optimizers.SGD(4.0), []
    for _ in range(STEPS):
        signs = np.eye(SIGNS, dtype="float32")[rng.integers(SIGNS, size=BATCH)]
        with tf.GradientTape() as tape:
            logits = agent(signs)
            pulled = (logits.numpy() + rng.gumbel(size=logits.shape)).argmax(axis=1)
            won = (pulled == signs.argmax(axis=1) % LEVERS).astype("float32")
            surprise = tf.nn.sparse_softmax_cross_entropy_with_logits(pulled, logits)
            loss = tf.reduce_mean((won - won.mean()) * surprise)
        weights = agent.trainable_variables
        optimiser.apply(tape.gradient(loss, weights), weights)
        rewards.append(won.mean())
    return np.mean(rewards[-8:])


@claim.rate("The agent earns 0.88 of the reward.", id="flaky/keras")
def test_the_agent_reaches_the_reward(agent, seed):
    assert reward(agent, np.random.default_rng(seed)) > 0.88
