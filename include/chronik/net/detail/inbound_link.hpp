// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/net/detail/tcp_state.hpp>
#include <chronik/net/timer.hpp>

#include <asio/write.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace chronik::net::detail {

/// A connection that someone else dialled: first a stranger's, then the one on which a peer sends to us.
class inbound_link : public std::enable_shared_from_this<inbound_link> {
public:
    inbound_link(std::shared_ptr<tcp_state> shared, asio::ip::tcp::socket socket)
        : shared_(std::move(shared)), socket_(std::move(socket)), timer_(shared_->loop), in_(hello::body_bytes_max) {}

    cluster_id const& cluster() const { return cluster_; }

    void start() {
        shared_->strangers.insert(shared_from_this());
        std::error_code ec;
        address_ = text_of(socket_.remote_endpoint(ec));
        tune(socket_, shared_->options);
        timer_.after(shared_->options.handshake_timeout, [weak = weak_from_this()] {
            if (auto const self = weak.lock()) self->refuse("it did not say who it is");
        });
        read();
    }

    void close() {
        std::error_code ignored;
        closed_ = true;
        auto const self = shared_from_this();  // the set may hold the last owner
        shared_->strangers.erase(self);
        timer_.cancel();
        socket_.close(ignored);
    }

private:
    void read() {
        auto const room = in_.prepare();
        socket_.async_read_some(asio::buffer(room.data(), room.size()),
                                [self = shared_from_this()](std::error_code ec, std::size_t bytes) {
            if (self->closed_) return;
            if (ec) return self->lost();
            self->in_.commit(bytes);
            if (self->peer_) self->peer_->metrics.bytes_received += bytes;
            if (self->deliver()) self->read();
        });
    }

    /// False when the connection is closed, or waits until its answer is written.
    bool deliver() {
        for (;;) {
            auto frame = in_.next();
            if (!frame) {
                refuse("it does not speak our protocol: " + frame.error().message());
                return false;
            }
            if (!*frame) return true;
            if (!peer_) {
                judge(**frame);
                return false;
            }
            if ((*frame)->channel == hello_channel) {
                refuse("it sent a second hello");
                return false;
            }
            ++peer_->metrics.frames_received;
            shared_->handlers.on_frame(peer_->address.node, (*frame)->channel, std::move((*frame)->body));
            if (closed_ || shared_->stopped) return false;
        }
    }

    void judge(transport::received_frame const& frame) {
        auto const theirs = hello::decoded(frame);
        if (!theirs) return refuse("it does not speak our protocol: " + theirs.error().message());
        auto const known = shared_->peers.find(theirs->sender);
        hello_status status = hello_status::accepted;
        if (theirs->receiver != shared_->self) status = hello_status::wrong_receiver;
        else if (!same_cluster(theirs->cluster, shared_->cluster)) status = hello_status::wrong_cluster;
        else if (known == shared_->peers.end()) status = hello_status::unknown_sender;
        else if (takes_a_members_place(*known->second, theirs->cluster)) status = hello_status::other_sender;
        answer_ = hello{shared_->self, theirs->sender, shared_->cluster, status}.encoded();
        if (status == hello_status::accepted) {
            shared_->strangers.erase(shared_from_this());
            timer_.cancel();
            cluster_ = theirs->cluster;
            peer_ = known->second;
            in_.set_body_bytes_max(shared_->options.body_bytes_max);
            // The peer dials one at a time, so the older one is dead, whatever our kernel still thinks.
            if (auto const older = std::exchange(peer_->in, shared_from_this())) older->close();
        }
        node_id const sender = theirs->sender;
        auto const sent = [self = shared_from_this(), status, sender](std::error_code ec, std::size_t) {
            if (self->closed_) return;
            if (status != hello_status::accepted)
                return self->refuse("node " + std::to_string(sender.value) + ": " + reason_of(status));
            if (ec) return self->lost();
            if (self->deliver()) self->read();
        };
        asio::async_write(socket_, asio::buffer(answer_), sent);
    }

    /// Two processes with one number: once there is a cluster, who knows none must not cut off who is connected.
    bool takes_a_members_place(tcp_peer const& known, cluster_id const& theirs) const {
        return known.in && shared_->cluster != unknown_cluster && theirs == unknown_cluster;
    }

    static std::string reason_of(hello_status status) {
        switch (status) {
            case hello_status::wrong_cluster: return "it belongs to another cluster";
            case hello_status::unknown_sender: return "it is not among this node's peers";
            case hello_status::wrong_receiver: return "it looks for another node at this address";
            case hello_status::other_sender: return "another node of that number is connected";
            case hello_status::accepted: break;
        }
        return "accepted";
    }

    void refuse(std::string const& reason) {
        lost();
        shared_->tell_refused(address_, reason);
    }

    void lost() {
        auto const self = shared_from_this();
        close();
        if (peer_ && peer_->in == self) peer_->in.reset();
    }

    std::shared_ptr<tcp_state> shared_;
    asio::ip::tcp::socket socket_;
    timer timer_;
    transport::splitter in_;
    std::shared_ptr<tcp_peer> peer_;
    cluster_id cluster_{};
    std::string address_;
    std::vector<std::byte> answer_;
    bool closed_ = false;
};

}  // namespace chronik::net::detail
