import NN
import Support
import Testing
import Torch

@Suite struct ProcessGroupTests {
    @Test func sumsAreThoseOfAllProcessesInBucketsOfAnySize() throws {
        // A bucket closes at 25 MiB: the first and second tensor lie in different ones, the third has another type.
        let sizes = [7_000_000, 3, 5]
        let sums = try withProcesses(3) { group in
            let tensors = [
                Tensor.full([sizes[0]], Double(group.rank + 1)), Tensor([Float](repeating: Float(group.rank), count: sizes[1])),
                Tensor((0..<sizes[2]).map { 2 * $0 * group.rank }), Tensor.full([2, 3, 2, 2], 1).contiguous(.channelsLast),
            ]
            try group.allReduce([tensors[0], tensors[1], tensors[3]], scale: 2)
            try group.allReduce([tensors[2]])
            return [[tensors[0].floats.min() ?? 0, tensors[0].floats.max() ?? 0]] + tensors.dropFirst().map(\.floats)
        }
        for sum in sums {
            #expect(sum == [[12, 12], [6, 6, 6], [0, 6, 12, 18, 24], [Float](repeating: 6, count: 24)])
        }
    }

    @Test func whatIsGatheredComesByRank() throws {
        let all = try withProcesses(2) { group in
            let tensors = try group.allGather(Tensor([Float(group.rank), 7])).map(\.floats)
            let bytes = try group.allGather([UInt8](repeating: 9, count: 3 * group.rank))
            let none = try group.allGather([UInt8]())
            return (tensors, bytes, none)
        }
        for (tensors, bytes, none) in all {
            #expect(tensors == [[0, 7], [1, 7]] && bytes == [[], [9, 9, 9]] && none == [[], []])
        }
    }

    @Test func theLeadersValuesGoToAll() throws {
        let values = try withProcesses(2) { group in
            let tensor = Tensor([Float(group.rank) + 4, 1])
            try group.broadcast([tensor])
            return try (tensor.floats, group.broadcast([Double(group.rank) + 2]), Optional(group).leaderDecides { group.isLeader })
        }
        for value in values { #expect(value == ([4, 1], [2], true)) }
    }

    @Test func whereTheLeaderFailsAllFail() throws {
        let messages = try withProcesses(2) { group -> String in
            do { try Optional(group).leaderFirst { if group.isLeader { throw UserError("no disk") } } } catch { return "\(error)" }
            return ""
        }
        #expect(messages == ["no disk", "process 0 of 2 failed; see what it said"])
    }

    @Test func theEnvironmentSaysWhoWeAre() throws {
        var variables = [
            "WORLD_SIZE": "4", "RANK": "3", "MASTER_ADDR": "node", "MASTER_PORT": "29500", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2",
        ]
        #expect(try ProcessPlace.fromEnvironment([:]) == nil)
        #expect(try ProcessPlace.fromEnvironment(["WORLD_SIZE": "1"]) == nil)
        #expect(
            try ProcessPlace.fromEnvironment(variables)
                == ProcessPlace(rank: 3, size: 4, localRank: 1, localSize: 2, host: "node", port: 29500))
        variables["TORCHELASTIC_USE_AGENT_STORE"] = "True"
        #expect(try ProcessPlace.fromEnvironment(variables)?.port == 29501)
        for (name, value) in [
            ("RANK", "4"), ("RANK", "first"), ("WORLD_SIZE", "0"), ("MASTER_PORT", "70000"), ("RANK", nil), ("MASTER_ADDR", nil),
        ] {
            var wrong = variables
            wrong[name] = value
            #expect { try ProcessPlace.fromEnvironment(wrong) } throws: { "\($0)".contains(name) }
        }
    }
}
